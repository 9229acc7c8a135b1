"""The musicnn family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml.data.feature_cache import load_examples, read_kinds
from ml.data.gtzan import GENRES
from ml.errors import BundleError
from ml.families.musicnn.ood_detector import OutsideDetector
from ml.families.musicnn.pretrained import REQUIREMENT, TAGS, WHEEL_SHA256, load_musicnn
from ml.families.musicnn.training import HeadSettings, train_head
from ml.registry.card import Card, file_sha256
from ml.registry.recipe import Recipe
from ml.registry.writer import _card, _save_network, _write_card, check_model_id
from ml.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    from ml.families.musicnn.training import Trained


def write_musicnn_bundle(
    trained: Trained,
    *,
    recipe: Recipe,
    names: Sequence[str],
    trained_on: str,
    wheel: Path,
    model_id: str,
    bundles: Path,
) -> Path:
    """Join MusiCNN and a trained head into `bundles/<model_id>/`; returns that folder.

    The model maps patches (batch, 187, 96) to {"tags": (batch, 50), "genre_logits": (batch, 10)}.
    """
    check_model_id(model_id)
    import_tensorflow()
    from ml.audio.front_ends import LogMelFrontEnd
    from ml.families.musicnn.network import add_genre_head

    model = add_genre_head(load_musicnn(wheel), len(GENRES), trained.head.floor)
    model.get_layer("genre_logits").set_weights([trained.head.kernel, trained.head.bias])
    folder = _save_network(model, bundles / model_id)
    trained.outside.save(folder / "outside.npz")
    card = _card(model, folder, recipe, names, trained_on) | {
        "tags": list(TAGS),
        "tag_means": [round(float(mean), 6) for mean in trained.tag_means],
        "front_end": LogMelFrontEnd().to_dict(),
        "raise_to_db": trained.raise_to_db,
        "backbone": {"name": "MSD_musicnn", "from": REQUIREMENT, "sha256": WHEEL_SHA256},
        "licences": {
            "backbone weights": "ISC, Music Technology Group, Universitat Pompeu Fabra",
            "genre head": "MIT",
        },
        "head": trained.head.to_dict(TAGS),
        "calibration": trained.calibration,
        "confidence_words": trained.words,
        "outside": {
            **trained.outside_report,
            "file": "outside.npz",
            "sha256": file_sha256(folder / "outside.npz"),
        },
        "training": trained.report,
    }
    _write_card(folder, card)
    return folder


def run_musicnn(
    recipe: Recipe,
    *,
    features: Path,
    wanted: Sequence[str],
    trained_on: str,
    wheel: Path,
    sounds: Path | None,
    model_id: str,
    bundles: Path,
    seed: int,
    report: Callable[[str], None],
) -> Path:
    """Train a head on MusiCNN's tags; returns the bundle's folder."""
    settings = HeadSettings.from_dict(recipe.settings)
    examples = load_examples(features, wanted)
    made = None if sounds is None else read_kinds(sounds)
    report(f"training on {len(examples.names)} tracks ...")
    trained = train_head(examples, settings, made=made, seed=seed)
    chosen = trained.report["cross_validation"]
    report(
        f"floor {trained.report['floor']:g}, shrinkage {trained.report['shrinkage']:g}: "
        f"accuracy {chosen['accuracy']:.3f} in {chosen['scheme']}"
    )
    return write_musicnn_bundle(
        trained,
        recipe=recipe,
        names=examples.names,
        trained_on=trained_on,
        wheel=wheel,
        model_id=model_id,
        bundles=bundles,
    )


def _load_outside(card: Card) -> OutsideDetector | None:
    path = card.outside_path
    if path is None:
        return None
    if not path.is_file() or file_sha256(path) != card.data["outside"]["sha256"]:
        raise BundleError(f"{path.name} of model {card.model_id!r} is not the one of its card.")
    return OutsideDetector.load(path)
