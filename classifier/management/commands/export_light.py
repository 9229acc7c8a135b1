"""Write the light form of bundles, which serve without TensorFlow then."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from classifier.management.base import BUNDLES_HELP, MLCommand, registry_at


class Command(MLCommand):
    help = (
        "Write networks of bundles as ONNX files beside the Keras ones, after comparing their "
        "answers. train_model does this by itself; bundles of before version 0.4 need it once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("models", nargs="+", metavar="MODEL", help="ids of bundles")
        parser.add_argument("--bundles", type=Path, help=BUNDLES_HELP)

    def run(self, *, models: list[str], bundles: Path | None, **options: Any) -> None:
        from ml.inference.light_form import add_light_form

        registry = registry_at(bundles)
        for model in models:
            card = registry.card(model)
            light = add_light_form(card)
            size = sum((card.folder / f.file).stat().st_size for f in light.networks.values())
            self.stdout.write(
                f"{model}: {', '.join(light.networks)}, {size / 1e6:.1f} MB; no logit differs "
                f"by more than {light.largest_difference:.1g}"
            )
