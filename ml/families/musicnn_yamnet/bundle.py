"""Writing of a bundle of both networks: MusiCNN with the head, YAMNet, the detector, the card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.data.gtzan import GENRES
from ml.families.base import TrainingRun
from ml.heads.class_moments import ClassMoments
from ml.heads.imputation import Imputation
from ml.heads.mixed_discriminant import MixedDiscriminant
from ml.heads.trained import Trained
from ml.networks import musicnn_weights, yamnet_weights
from ml.networks.yamnet_classes import tags_of
from ml.registry.card import file_sha256
from ml.registry.recipe import Recipe
from ml.registry.writer import check_model_id, common_card, save_network, write_card
from ml.tensorflow_import import import_tensorflow


def write_bundle(
    trained: Trained,
    *,
    classes: Sequence[int],
    recipe: Recipe,
    names: Sequence[str],
    run: TrainingRun,
    sections: Mapping[str, Any] | None = None,
    statistics: MixedDiscriminant | None = None,
    imputation: Imputation | None = None,
    moments: ClassMoments | None = None,
) -> Path:
    """Join both networks and a trained head, and write the bundle `run.model_id`.

    The saved model is that of `.network.add_genre_head`; YAMNet lies beside it, as it was fetched.

    Parameters
    ----------
    trained : its head has a row for each of MusiCNN's tags and then for each of `classes`, and
        either one clip epsilon or one for each row, which are equal within a network
    classes : indices of YAMNet's classes that are tags
    names : of the tracks that the head was trained on
    sections : of the card, besides those of every bundle of this family
    statistics, imputation, moments : for the bundle, see `ml.registry.card.ModelCard`

    Returns
    -------
    the folder of the bundle

    Raises
    ------
    BundleError : the id cannot name a bundle, or `run.backbone` lacks weights or has others
    """
    check_model_id(run.model_id)
    yamnet = run.backbone / yamnet_weights.FILE
    yamnet_weights.verify_weights(yamnet)
    musicnn = musicnn_weights.load_musicnn(musicnn_weights.find_wheel(run.backbone))
    import_tensorflow()
    from ml.networks.yamnet import N_PARAMETERS

    from .network import add_genre_head

    floors = np.broadcast_to(np.asarray(trained.head.clip_epsilon, float), len(trained.head.kernel))
    model = add_genre_head(
        musicnn, len(classes), len(GENRES), floor=float(floors[0]), yamnet_floor=float(floors[-1])
    )
    model.get_layer("genre_logits").set_weights([trained.head.kernel, trained.head.bias])
    folder = save_network(model, run.bundles / run.model_id)
    with replacing(folder / yamnet_weights.FILE) as draft:
        shutil.copyfile(yamnet, draft)
    card = common_card(model, folder, recipe, names, run.trained_on) | {
        "front_end": LogMelFrontEnd().to_dict(),
        "backbone": {
            "name": "MSD_musicnn",
            "from": musicnn_weights.REQUIREMENT,
            "sha256": musicnn_weights.WHEEL_SHA256,
        },
        "yamnet": {
            "name": "YAMNet",
            "from": yamnet_weights.REQUIREMENT,
            "sha256": yamnet_weights.WEIGHTS_SHA256,
            "file": yamnet_weights.FILE,
            "front_end": YamnetFrontEnd().to_dict(),
            "classes": [int(i) for i in classes],
        },
        "licences": {
            "MusiCNN's weights": "ISC, Music Technology Group, Universitat Pompeu Fabra",
            "YAMNet's weights": "Apache-2.0, The TensorFlow Authors",
            "names of YAMNet's classes": "CC BY 4.0, Google (AudioSet)",
            "genre head": "MIT",
        },
    }
    card |= trained.write(folder, (*musicnn_weights.TAGS, *tags_of(classes)))
    card["parameters"] += N_PARAMETERS
    card["size_bytes"] += yamnet.stat().st_size
    further = {"statistics": statistics, "imputation": imputation, "moments": moments}
    for name, found in further.items():
        if found is not None:
            path = folder / f"{name}.npz"
            with replacing(path) as draft:
                found.save(draft)
            card[name] = {"file": path.name, "sha256": file_sha256(path)}
    card |= sections or {}
    write_card(folder, card)
    return folder
