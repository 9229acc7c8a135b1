"""Train a model by its recipe on cached features and write a bundle."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from ml.data.gtzan import EVERY_TRACK, TRAINING_TRACKS, every_track, training_tracks
from ml.families.base import FAMILIES, TrainingRun, family
from ml.registry.bundles import SHIPPED_FOLDER, Registry
from ml.registry.promotion import adopt_measurements
from ml.registry.recipe import default_recipe, read_recipe
from ml.registry.writer import check_model_id

LIGHT_FORM_NEEDS = ("tf2onnx", "openvino")


class Command(MLCommand):
    help = (
        "Train a genre classifier on features of GTZAN by a recipe, and write the bundle. "
        "Trains on the train and valid parts of the fault-filtered split, less the artists of test."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        recipe = parser.add_mutually_exclusive_group()
        recipe.add_argument("--recipe", type=Path, help="TOML file, see ml/recipes")
        recipe.add_argument(
            "--architecture",
            choices=list(FAMILIES),
            default="musicnn",
            help="its recipe in ml/recipes (default: %(default)s)",
        )
        parser.add_argument(
            "--features",
            type=Path,
            required=True,
            help="folder with musicnn_tags.npz or logmel.npz, as extract_features writes them",
        )
        parser.add_argument("--model", required=True, help="id of the new bundle")
        parser.add_argument(
            "--all-tracks",
            action="store_true",
            help="learn from the test part too: for serving, not for measuring",
        )
        parser.add_argument(
            "--measured-by",
            metavar="ID",
            help="with --all-tracks: bundle of the same recipe whose test scores the card shows",
        )
        parser.add_argument(
            "--sounds",
            type=Path,
            metavar="FILE",
            help="musicnn: tags of sounds that are no music, from "
            "scripts.experiments.ood_sounds fit",
        )
        parser.add_argument(
            "--wild",
            type=Path,
            metavar="FOLDER",
            help="learn from labelled recordings of many places too, as musicnn-yamnet must; a "
            "folder with tracks.csv and features.npz, see ml/data/labelled_cache.py",
        )
        parser.add_argument(
            "--backbone",
            type=Path,
            default=Path(settings.DATA_DIR) / "backbone",
            help="musicnn: folder that fetch_backbone filled (default: %(default)s)",
        )
        parser.add_argument(
            "--work",
            type=Path,
            default=Path(settings.DATA_DIR) / "training",
            help="mel-cnn: folder for checkpoints, to go on after a stop (default: %(default)s)",
        )
        parser.add_argument("--strategy", choices=["one", "mirrored"], default="one")
        parser.add_argument(
            "--out", type=Path, default=settings.MODELS_DIR, help="folder of the bundles"
        )
        parser.add_argument("--seed", type=int, help="instead of the recipe's")

    def run(
        self, *, model: str, features: Path, out: Path, measured_by: str | None, **options: Any
    ) -> None:
        check_model_id(model)
        recipe = read_recipe(options["recipe"] or default_recipe(options["architecture"]))
        everything = options["all_tracks"]
        run = TrainingRun(
            features=features,
            wanted=every_track() if everything else training_tracks(),
            trained_on=EVERY_TRACK if everything else TRAINING_TRACKS,
            model_id=model,
            bundles=out,
            seed=recipe.seed if options["seed"] is None else options["seed"],
            work=options["work"] / model,
            backbone=options["backbone"],
            sounds=options["sounds"],
            wild=options["wild"],
            strategy=options["strategy"],
            report=self.stdout.write,
        )
        folder = family(recipe.family).train(recipe, run)
        self._add_light_form(model, out)
        if measured_by:
            adopt_measurements(model, measured_by, Registry.at(out, SHIPPED_FOLDER))
        self.stdout.write(f"wrote {folder}")

    def _add_light_form(self, model: str, bundles: Path) -> None:
        if missing := [name for name in LIGHT_FORM_NEEDS if find_spec(name) is None]:
            self.stdout.write(
                f"without a light form, which needs {' and '.join(missing)}: pip install -r "
                f"requirements-training.txt, then manage.py export_light {model}"
            )
            return
        from ml.inference.light_form import add_light_form

        add_light_form(Registry.at(bundles).card(model))
