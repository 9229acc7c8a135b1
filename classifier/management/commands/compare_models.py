"""Compare two models on the same tracks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandParser

from classifier.management.base import BUNDLES_HELP, MLCommand, registry_at
from ml.data.gtzan import PARTS
from ml.data.gtzan import split as split_tracks
from ml.data.labelled_cache import is_labelled_cache, read_labelled_cache
from ml.errors import DatasetError
from ml.evaluation.predictions import heard_in_training, predict_cached
from ml.evaluation.wild import right_by_track
from ml.families.base import family_of
from ml.inference.classifier import get_classifier
from ml.metrics.comparison import compare, verdict
from ml.registry.bundles import Registry


class Command(MLCommand):
    help = (
        "Compare two models track by track: on a part of the split that both never heard, on "
        "labelled recordings that neither learned from, or with "
        "--cross-validate by training both recipes anew on the training tracks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("models", nargs=2, metavar="MODEL", help="ids of two bundles")
        parser.add_argument(
            "--features",
            type=Path,
            required=True,
            help="folder of cached features of GTZAN, or of labelled recordings, see "
            "ml/data/labelled_cache.py",
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--part", choices=PARTS, default="test")
        how.add_argument(
            "--cross-validate",
            action="store_true",
            help="train both anew in artist-grouped folds of the training tracks",
        )
        parser.add_argument("--bundles", type=Path, help=BUNDLES_HELP)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(
        self,
        *,
        models: list[str],
        features: Path,
        part: str,
        cross_validate: bool,
        bundles: Path | None,
        **options: Any,
    ) -> None:
        registry = registry_at(bundles)
        cards = [registry.card(model) for model in models]
        told: list[dict[str, bool]]
        if is_labelled_cache(features):
            if cross_validate:
                raise DatasetError("--cross-validate takes a cache of GTZAN.")
            cache = read_labelled_cache(features)
            told = [right_by_track(get_classifier(model, registry), cache) for model in models]
            where = "recordings of many places"
        elif cross_validate:
            told = [family_of(card).cross_validate(card, features) for card in cards]
            where = "training tracks, cross-validated"
        else:
            names = split_tracks(part)
            for card in cards:
                if heard := heard_in_training(card) & set(names):
                    raise DatasetError(
                        f"{card.model_id} was trained on {len(heard)} of the {part} tracks: "
                        "compare the recipes with --cross-validate instead."
                    )
            told = [right_on(model, registry, features, names) for model in models]
            where = f"{part} tracks"
        both = [name for name in told[0] if name in told[1]]
        if not both:
            raise DatasetError("The two models have no track in common in this cache.")
        rights = [np.array([answer[name] for name in both]) for answer in told]
        result = {"a": models[0], "b": models[1], "where": where, **compare(*rights)}
        result["verdict"] = verdict(result, *models)
        self.stdout.write(json.dumps(result) if options["json"] else as_text(result))


def right_on(
    model: str, registry: Registry, features: Path, names: Sequence[str]
) -> dict[str, bool]:
    """Return whether a model is right, by track."""
    heard = predict_cached(get_classifier(model, registry), features, names)
    return dict(zip(heard.names, heard.right.tolist(), strict=True))


def as_text(result: dict) -> str:
    low, high = result["difference_ci95"]
    return "\n".join(
        [
            f"{result['n']} {result['where']}",
            f"{result['a']}: {result['accuracy_a']:.1%}",
            f"{result['b']}: {result['accuracy_b']:.1%}",
            f"both right {result['both']}, only the first {result['only_a']}, only the second "
            f"{result['only_b']}, neither {result['neither']}",
            f"difference {result['difference']:+.1%} (95 % interval {low:+.1%} to {high:+.1%}), "
            f"McNemar p {result['p']:.3f}",
            result["verdict"],
        ]
    )
