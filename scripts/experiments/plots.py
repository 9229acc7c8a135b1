"""Draw a picture: python -m scripts.experiments.plots KIND FILE --out PICTURE.svg

KIND is of what FILE holds:
  waveform, spectrogram, mel, timeline   an audio file
                                         mel --explain adds contours where a mel-cnn found its genre
  confusion, reliability                 a model's card.json
  learning                               a mel-cnn's log.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

from classifier import palette
from ml.audio.decode import decode
from ml.audio.front_ends import MelDbFrontEnd, relative_db
from ml.errors import MLError
from ml.evaluation import plots
from ml.registry.bundles import SHIPPED
from ml.registry.card import ModelCard

# The site's colours on paper, which are dark enough to be read there.
BLUE, BROWN = palette.GENRES["blues"].light, palette.GENRES["classical"].light


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.plots",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a .svg or .png")
    parser.add_argument("--part", default="test_filtered", help="of the card's metrics")
    parser.add_argument(
        "--model",
        help="for a timeline (default: the one that serves) or --explain (default: a shipped "
        "mel-cnn)",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="with mel: draw by Grad-CAM what speaks for a mel-cnn's answer, as contours at 0.5 "
        "(dashed) and 0.8 of the strongest place in each 3 s",
    )
    options = parser.parse_args(arguments)
    if options.explain and options.kind != "mel":
        parser.error("--explain goes with mel")
    try:
        figure = KINDS[options.kind](options)
        plots.save(figure, options.out)
    except MLError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(plots.alt_text(figure))
    return 0


def waveform(options):
    front_end = MelDbFrontEnd()
    samples = decode(options.file, rate_hz=front_end.rate_hz)
    return plots.waveform(
        samples, front_end.rate_hz, title=f"Waveform of {options.file.name}", colour=BLUE
    )


def spectrogram(options):
    import librosa

    rate_hz = MelDbFrontEnd().rate_hz
    samples = decode(options.file, rate_hz=rate_hz)
    power = np.abs(librosa.stft(samples)) ** 2
    return plots.spectrogram(
        relative_db(power),
        duration_s=samples.size / rate_hz,
        rate_hz=rate_hz,
        title=f"Spectrogram of {options.file.name}",
    )


def mel(options):
    if options.explain:
        return explained(options)
    front_end = MelDbFrontEnd()
    samples = decode(options.file, rate_hz=front_end.rate_hz)
    return plots.mel_spectrogram(
        front_end.spectrogram(samples),
        duration_s=samples.size / front_end.rate_hz,
        title=f"Mel spectrogram of {options.file.name}",
    )


def explained(options):
    from ml.explanations.grad_cam import explain_recording
    from ml.families.base import family_of

    card = SHIPPED.card(options.model) if options.model else _shipped_mel_cnn()
    rate_hz = family_of(card).front_end(card).rate_hz
    samples = decode(options.file, rate_hz=rate_hz)
    found = explain_recording(samples, card)
    return plots.mel_spectrogram(
        found.mel_db,
        duration_s=samples.size / rate_hz,
        heat=found.heat,
        title=f"What speaks for {found.genre} in {options.file.name}, by {card.model_id}",
    )


def timeline(options):
    from ml.inference.classifier import get_classifier

    classifier = get_classifier(options.model)
    prediction = classifier.predict(decode(options.file, rate_hz=classifier.rate_hz))
    return plots.timeline(
        [segment.start_s for segment in prediction.segments],
        [segment.end_s for segment in prediction.segments],
        np.array([segment.probabilities for segment in prediction.segments]),
        labels=prediction.labels,
        title=f"Genre through {options.file.name}",
        colours=colours(prediction.labels),
    )


def confusion(options):
    card, scores = _metrics(options)
    return plots.confusion(
        scores["confusion"], labels=card["labels"], title=f"What {card['model']} takes for what"
    )


def reliability(options):
    card, scores = _metrics(options)
    if "reliability" not in scores:
        raise MLError(f"The card of {card['model']} holds no reliability bins.")
    return plots.reliability(
        scores["reliability"],
        title=f"How sure {card['model']} is, and how right",
        colour=BLUE,
    )


def learning(options):
    with options.file.open(newline="", encoding="utf-8") as file:
        history = list(csv.DictReader(file))
    if not history or not {"epoch", "loss"} <= history[0].keys():
        raise MLError(f"{options.file} is not the log of a training.")
    return plots.learning(history, colour=BROWN)


def colours(labels) -> list[str]:
    """The colour of each label on paper."""
    slots = palette.slots()
    return [slots[palette.slot(label, (tuple(labels),))].light for label in labels]


def _shipped_mel_cnn() -> ModelCard:
    for card in SHIPPED.cards():
        if card.family == "mel-cnn":
            return card
    raise MLError("There is no mel-cnn at hand: name one with --model.")


def _metrics(options) -> tuple[dict, dict]:
    try:
        card = json.loads(options.file.read_text(encoding="utf-8"))
        return card, card["metrics"][options.part]
    except (ValueError, KeyError, TypeError) as exc:
        raise MLError(f"{options.file} is no card with metrics of {options.part}.") from exc


KINDS = {
    "waveform": waveform,
    "spectrogram": spectrogram,
    "mel": mel,
    "timeline": timeline,
    "confusion": confusion,
    "reliability": reliability,
    "learning": learning,
}


if __name__ == "__main__":
    sys.exit(main())
