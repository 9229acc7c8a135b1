"""Score a bundle on one part of GTZAN's fault-filtered split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from classifier.genres import NO_GENRE, genre_name
from classifier.management.base import BUNDLES_HELP, MLCommand, registry_at
from ml.data.feature_cache import read_kinds
from ml.data.gtzan import PARTS
from ml.data.gtzan import split as split_tracks
from ml.data.labelled_cache import is_labelled_cache, read_labelled_cache
from ml.errors import DatasetError
from ml.evaluation.predictions import ood_scores, predict_cached
from ml.evaluation.speed import measure_speed
from ml.evaluation.wild import as_part, judge_wild
from ml.inference.classifier import Classifier, get_classifier
from ml.metrics.scores import score, score_levels, score_ood
from ml.registry.writer import save_metrics, save_section


class Command(MLCommand):
    help = (
        "Score a model, track by track: on the fault-filtered split of GTZAN, or on labelled "
        "recordings of many places."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        tracks = parser.add_mutually_exclusive_group(required=True)
        tracks.add_argument(
            "--features",
            type=Path,
            help="folder with features of GTZAN, as extract_features writes them, or of labelled "
            "recordings of many places: tracks.csv and features.npz, see "
            "ml/data/labelled_cache.py",
        )
        tracks.add_argument(
            "--wild",
            type=Path,
            metavar="FOLDER",
            help="the same as --features, for labelled recordings",
        )
        parser.add_argument("--split", choices=["filtered"], default="filtered")
        parser.add_argument("--part", choices=PARTS, default="test")
        parser.add_argument("--model", help="id of the bundle (default: the one that serves)")
        parser.add_argument("--bundles", type=Path, help=BUNDLES_HELP)
        parser.add_argument(
            "--outside",
            nargs="+",
            default=[],
            metavar="[KIND=]FILE",
            help="tags of clips that are none of the model's genres, e.g. from "
            "scripts.experiments.ood_sounds; where the file does not say of what kind they are, "
            "the KIND does",
        )
        parser.add_argument("--speed", action="store_true", help="measure the speed too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--save", action="store_true", help="write the scores into the card")

    def run(
        self,
        *,
        features: Path,  # None where `wild` is given: argparse wants one of the two
        wild: Path | None,
        split: str,
        part: str,
        model: str | None,
        bundles: Path | None,
        save: bool,
        outside: list[str],
        speed: bool,
        **options: Any,
    ) -> None:
        classifier = get_classifier(model, registry_at(bundles))
        card = classifier.card
        if wild is None and is_labelled_cache(features):
            wild = features
        if wild:
            result = judge_wild(classifier, read_labelled_cache(wild))
            if save:
                save_metrics(card, "wild", as_part(result))
            result = {"model": card.model_id, **result}
            self.stdout.write(json.dumps(result) if options["json"] else wild_as_text(result))
            return
        if save and card.heard_the_test:
            raise DatasetError(
                f"{card.model_id} was trained on every track: its score on any of them is no "
                "measurement, and is not saved."
            )
        heard = predict_cached(classifier, features, split_tracks(part))
        result = score(heard.probabilities, heard.y, card.labels)
        if heard.n_imputed:
            result["n_imputed"] = heard.n_imputed
        result["words"] = score_levels(heard.probabilities, heard.y, card.confidence_levels)
        if heard.ood_scores is not None and card.ood is not None:
            scores = judge_ood(classifier, outside)
            result["outside"] = score_ood(heard.ood_scores, scores, card.ood.threshold)
        if save:
            save_metrics(card, f"{part}_{split}", result)
        result = {"model": card.model_id, "split": split, "part": part, **result}
        if speed:
            result["speed"] = measure_speed(classifier)
            if save:
                save_section(card, "speed", result["speed"])
        self.stdout.write(json.dumps(result) if options["json"] else as_text(result))


def judge_ood(classifier: Classifier, files: list[str]) -> dict[str, list[float]]:
    """Return out-of-distribution scores by kind; the same name in two files is one kind."""
    scores: dict[str, list[float]] = {}
    for file in files:
        name, _, path = file.rpartition("=")
        for kind, clips in read_kinds(Path(path), name).items():
            of_kind = scores.setdefault(kind, [])
            if (judged := ood_scores(classifier, clips)) is not None:
                of_kind.extend(judged)
    return scores


def as_text(result: dict) -> str:
    low, high = result["accuracy_ci95"]
    lines = [
        f"{result['model']} on {result['n']} {result['part']} tracks ({result['split']} split)",
        *(
            [f"of {missing} the second network heard nothing: its tags were predicted"]
            if (missing := result.get("n_imputed"))
            else []
        ),
        f"accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%})",
        f"macro-F1 {result['macro_f1']:.3f}, right answer among the first three "
        f"{result['top3_accuracy']:.1%}, calibration error {result['ece']:.3f}",
        "",
        "genre      precision  95 % interval     recall    n",
    ]
    for genre, row in result["per_genre"].items():
        low, high = row["precision_ci95"] or (0.0, 1.0)
        interval = f"{low:6.1%} to {high:6.1%}"
        lines.append(
            f"{genre:10} {row['precision']:9.1%}  {interval:16} {row['recall']:7.1%} {row['n']:4}"
        )
    lines += ["", "confidence      n  mean confidence  accuracy"]
    lines += [
        f"{row['from']:.1f} to {row['to']:.1f} {row['n']:6} {row['confidence']:16.1%} "
        f"{row['accuracy']:9.1%}"
        for row in result["reliability"]
    ]
    if result["words"]:
        lines += ["", "word            n   right  among the first two"]
    lines += [
        f"{row['word']:12} {row['n']:4} {row['right']:7.1%} {row['first_two']:20.1%}"
        for row in result["words"]
    ]
    if "outside" in result:
        lines += outside_lines(result["outside"], n_genres=len(result["per_genre"]))
    if "speed" in result:
        took = result["speed"]
        lines += ["", f"{took['seconds_per_clip']} s for {took['clip_s']:g} s of sound, warm"]
    return "\n".join(lines)


def outside_lines(outside: dict, n_genres: int) -> list[str]:
    low, high = outside["refused_ci95"]
    return [
        "",
        f"taken for {genre_name(NO_GENRE, n_genres)}: {outside['refused']} of {outside['n']} "
        f"tracks, {outside['refused_share']:.1%} (95 % interval {low:.1%} to {high:.1%})",
        *(
            f"{kind:10} n {row['n']:4}  AUROC {row['auroc']:.3f}, "
            f"refused {row['refused_share']:.1%}"
            for kind, row in outside["sets"].items()
        ),
    ]


def wild_as_text(result: dict) -> str:
    def share(value: float, bounds: list[float] | None) -> str:
        low, high = bounds or (0.0, 1.0)
        return f"{value:6.1%} ({low:.1%} to {high:.1%})"

    lines = [
        f"{result['model']} on {result['n']} recordings of the ten genres, "
        f"from {result['n_places']} places; in brackets 95 % intervals",
        f"accuracy     {share(result['accuracy'], result['accuracy_ci95'])}",
        f"macro recall {result['macro_recall']:6.1%}",
        f"top three    {share(result['top3_accuracy'], result['top3_ci95'])}",
        f"calibration error {result['ece']:.3f}",
        "",
        "genre         n  recall                   named  precision",
    ]
    lines += [
        f"{genre:10} {row['n']:4}  {share(row['recall'], row['recall_ci95']):24} "
        f"{row['named']:5}  {share(row['precision'], row['precision_ci95'])}"
        for genre, row in result["per_genre"].items()
    ]
    if result["words"]:
        lines += ["", "word          n   share  promised  right"]
    lines += [
        f"{row['word']:10} {row['n']:4}  {row['share']:6.1%}  {row['promised']:8.1%}  "
        f"{share(row['right'], row['right_ci95'])}"
        for row in result["words"]
    ]
    if "outside" in result:
        outside = result["outside"]
        refused = share(outside["refused_share"], outside["refused_ci95"])
        lines += [
            "",
            f"taken for none of the ten: {refused}",
            f"{'against them':32}   n  AUROC  refused",
        ]
        lines += [
            f"{kind:32} {row['n']:3}  {row['auroc']:.3f} "
            f"{share(row['refused_share'], row['refused_ci95'])}"
            for kind, row in outside["sets"].items()
        ]
    return "\n".join(lines)
