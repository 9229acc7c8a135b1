"""Tell the genre of audio files, in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from classifier import serving
from classifier.failure_reasons import REASONS
from classifier.formatting import NBSP, percent
from classifier.genres import NO_GENRE, NO_MUSIC, genre_name
from classifier.management.base import MLCommand
from ml.audio import confined
from ml.audio.files import find_audio
from ml.errors import AudioError, DecoderDied
from ml.explanations.refusals import sounds_like
from ml.inference.classifier import Classifier, get_classifier
from ml.inference.prediction import Prediction
from ml.registry.card import SoundsLike


def at_least_one(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


class Command(MLCommand):
    help = "Tell the genre of audio files, or of all audio files in folders: one line a track."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
        parser.add_argument("--top", type=at_least_one, default=5, metavar="N", help="genres shown")
        parser.add_argument("--model", help="id of the model (default: the one that serves)")
        parser.add_argument(
            "--max-minutes", type=at_least_one, default=60, help="refuse what is longer"
        )

    def run(
        self, *, paths: list[Path], top: int, model: str | None, max_minutes: int, **options: Any
    ) -> int:
        files = find_audio(paths)
        if not files:
            self.stderr.write(f"There are no audio files in {', '.join(map(str, paths))}.")
            return 2
        confined.warm()  # its imports are done while the model loads
        classifier = get_classifier(
            model or settings.MODEL_ID or None, serving.registry(), settings.MODEL_RUNTIME
        )
        show = as_json if options["json"] else as_text
        failed = 0
        # The bar goes to stderr, and only to a terminal: stdout stays clean for pipes.
        for path in tqdm(files, unit="track", file=sys.stderr, disable=None, leave=False):
            try:
                prediction, seconds = classify(classifier, path, max_minutes * 60)
                line = show(path, prediction, refused_as(classifier, prediction), seconds, top)
            except (AudioError, DecoderDied, OSError) as error:
                failed += 1
                tqdm.write(f"{path}: {reason_of(error)}", file=sys.stderr)
            else:
                tqdm.write(line, file=sys.stdout)
                sys.stdout.flush()
        return 1 if failed else 0


def classify(classifier: Classifier, path: Path, max_duration_s: float) -> tuple[Prediction, float]:
    """Return the prediction for a file, and the seconds it took with decoding."""
    started = time.perf_counter()
    samples = confined.decode(path, rate_hz=classifier.rate_hz, max_duration_s=max_duration_s)
    return classifier.predict(samples), time.perf_counter() - started


def refused_as(classifier: Classifier, prediction: Prediction) -> SoundsLike | None:
    """Return words for what is none of the genres."""
    if not prediction.is_outside:
        return None
    return sounds_like(prediction.features.tolist(), prediction.is_music, classifier.card)


def reason_of(error: AudioError | DecoderDied | OSError) -> str:
    """Return why a file was refused, as the site says it of an upload."""
    if isinstance(error, DecoderDied):
        return f"{str(error).capitalize()}; try again."
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return REASONS[error.kind].sentence_with(**error.parameters)


def as_text(
    path: Path, prediction: Prediction, words: SoundsLike | None, seconds: float, top: int
) -> str:
    # A plain space: in a terminal, people search and cut what they see.
    ranked = [f"{genre_name(g)} {percent(p)}".replace(NBSP, " ") for g, p in prediction.top(top)]
    first, *others = ranked
    if prediction.is_outside:
        refusal = _refusal(prediction, words)
        if prediction.is_music is False:
            return f"{path}: {refusal}"
        first = f"{refusal}, nearest {first}"
    return f"{path}: {first}" + (f" ({', '.join(others)})" if others else "")


def _refusal(prediction: Prediction, words: SoundsLike | None) -> str:
    """Return what is said in place of a genre: "none of the ten, sounds like techno"."""
    if prediction.is_music is False:
        none = NO_MUSIC
    else:
        none = genre_name(NO_GENRE, len(prediction.labels))
    return f"{none}, sounds like {words.words}" if words else none


def as_json(
    path: Path, prediction: Prediction, words: SoundsLike | None, seconds: float, top: int
) -> str:
    def ranked(pairs: list[tuple[str, float]]) -> list[dict]:
        return [{"genre": genre, "probability": round(p, 6)} for genre, p in pairs]

    return json.dumps(
        {
            "path": str(path),
            "genre": prediction.genre,
            "confidence": round(prediction.confidence, 6),
            "none_of_the_ten": prediction.is_outside,
            "is_music": prediction.is_music,
            "sounds_like": words.words if words else None,
            "top": ranked(prediction.top(top)),
            "segments": [
                {
                    "start_s": round(segment.start_s, 3),
                    "end_s": round(segment.end_s, 3),
                    "probabilities": {
                        label: round(float(p), 4)
                        for label, p in zip(prediction.labels, segment.probabilities, strict=True)
                    },
                }
                for segment in prediction.segments
            ],
            "model": prediction.model_id,
            "seconds": round(seconds, 3),
        }
    )
