"""Score a bundle on one part of GTZAN's fault-filtered split."""

from __future__ import annotations

import json
from pathlib import Path

from ml.bundle import save_metrics
from ml.card import BUNDLES
from ml.dataset import PARTS, load_tag_means
from ml.dataset import split as split_tracks
from ml.evaluation import score
from ml.inference import get_classifier

from ..base import ListeningCommand


class Command(ListeningCommand):
    help = "Score a model on the fault-filtered split of GTZAN, track by track."

    def add_arguments(self, parser):
        parser.add_argument(
            "--features", type=Path, required=True, help="folder with musicnn_tags.npz"
        )
        parser.add_argument("--split", choices=["filtered"], default="filtered")
        parser.add_argument("--part", choices=PARTS, default="test")
        parser.add_argument("--model", help="id of the bundle (default: the one that serves)")
        parser.add_argument("--bundles", type=Path, default=BUNDLES)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--save", action="store_true", help="write the scores into the card")

    def listen(self, *, features, split, part, model, bundles, save, **options):
        classifier = get_classifier(model, bundles)
        examples = load_tag_means(features, split_tracks(part))
        result = score(classifier.classify_tags(examples.x), examples.y)
        if save:
            save_metrics(classifier.card, f"{part}_{split}", result)
        result = {"model": classifier.card.model_id, "split": split, "part": part, **result}
        self.stdout.write(json.dumps(result) if options["json"] else _as_text(result))


def _as_text(result: dict) -> str:
    low, high = result["accuracy_ci95"]
    lines = [
        f"{result['model']} on {result['n']} {result['part']} tracks ({result['split']} split)",
        f"accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%})",
        f"macro-F1 {result['macro_f1']:.3f}, right answer among the first three "
        f"{result['top3_accuracy']:.1%}, calibration error {result['ece']:.3f}",
        "",
        "genre      precision  recall    n",
    ]
    for genre, row in result["per_genre"].items():
        lines.append(f"{genre:10} {row['precision']:9.1%} {row['recall']:7.1%} {row['n']:4}")
    return "\n".join(lines)
