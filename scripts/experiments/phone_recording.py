"""What it costs to record by a phone: python -m scripts.experiments.phone_recording

Three excerpts of ten seconds of each track of a folder (as it comes, of the demo tracks) are heard
as they are, and as a phone would record them from a loudspeaker (`ml.evaluation.robustness`). Says
for each whether the answer stays the same, and which share of the probability goes to other
genres. This tells what recording changes, not how often an answer is right: for that,
`manage.py measure_robustness` does the same to clips of GTZAN. `--save` writes the numbers to
ml/evaluation/phone_recording.json, for the pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.decode import decode
from ml.audio.files import find_audio
from ml.errors import MLError
from ml.evaluation.phone_recording import RESULT, summarize
from ml.evaluation.robustness import PHONE_S, phone_recording
from ml.inference.classifier import Classifier, get_classifier
from ml.inference.prediction import Prediction
from scripts.testbed.site import ROOT

DEMO_TRACKS = ROOT / "classifier" / "library"
NONE = "none"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.phone_recording", description=__doc__
    )
    parser.add_argument("--audio", type=Path, default=DEMO_TRACKS, help="folder of recordings")
    parser.add_argument("--model", help="id of the bundle (default: the one that serves)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--save", action="store_true", help="keep the numbers for the pages")
    options = parser.parse_args(arguments)
    try:
        classifier = get_classifier(options.model)
        files = find_audio([options.audio])
        if not files:
            print(f"{options.audio} holds no recording.", file=sys.stderr)
            return 2
        rows = [measure(classifier, path) for path in files]
    except MLError as error:
        print(error, file=sys.stderr)
        return 2
    model_id = classifier.card.model_id
    result = {"model": model_id, "tracks": rows}
    if options.save:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result) if options.json else words(model_id, rows))
    return 0


def measure(classifier: Classifier, path: Path) -> dict[str, Any]:
    """Hear the beginning, the middle and the end of a recording, each in both ways."""
    samples = decode(path, rate_hz=classifier.rate_hz)
    size = min(int(PHONE_S * classifier.rate_hz), samples.size)
    excerpts = []
    for start in dict.fromkeys((0, (samples.size - size) // 2, samples.size - size)):
        plain = classifier.predict(samples[start : start + size])
        phone = classifier.predict(
            phone_recording(samples[start : start + size], classifier.rate_hz)
        )
        moved = np.abs(plain.probabilities - phone.probabilities).sum() / 2
        excerpts.append(
            {
                "start_s": round(start / classifier.rate_hz, 1),
                "plain": answer(plain),
                "phone": answer(phone),
                "moved": round(float(moved), 3),
            }
        )
    return {"track": path.stem, "whole": answer(classifier.predict(samples)), "excerpts": excerpts}


def answer(prediction: Prediction) -> str:
    """Return the genre that is told; of what is none of the genres, none is."""
    return NONE if prediction.is_outside else prediction.genre


def words(model_id: str, rows: list[dict[str, Any]]) -> str:
    lines = [f"{'track':24} {'whole':10} {'from':>5}  {'as it is':10} {'by phone':10} moved"]
    for row in rows:
        for excerpt in row["excerpts"]:
            lines.append(
                f"{row['track']:24} {row['whole']:10} {excerpt['start_s']:4.0f}s  "
                f"{excerpt['plain']:10} {excerpt['phone']:10} {excerpt['moved']:5.0%}"
            )
    told = summarize(model_id, rows)
    lines.append(
        f"{model_id}: the same answer for {told.same} of {told.n} excerpts of {told.n_tracks} "
        f"tracks; {told.refused} refused that were not before; {told.moved:.0%} of the probability "
        f"moved on average, {told.most_moved:.0%} at most"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
