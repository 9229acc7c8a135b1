"""The functions of the family with two networks: see `ml.families.base.Family`.

One linear head on the tags of MusiCNN and on the classes of YAMNet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.data.feature_cache import load_examples, read_yamnet_logits
from ml.data.yamnet_logits import scores_of
from ml.errors import BundleError, DatasetError
from ml.families.base import CachedLogits, FeatureCache, TrainingRun, front_end_of
from ml.heads.imputation import Imputation
from ml.heads.linear_head import LinearHead
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard, file_sha256
from ml.registry.recipe import Recipe, RecipeError

from .front_end import TwoFrontEnds
from .inference import (
    LIGHT_MUSICNN,
    LIGHT_YAMNET,
    LightMusicnnYamnet,
    MusicnnYamnetNetwork,
    TwoNetworks,
    second_network,
)


def feature_cache() -> FeatureCache:
    from .features import CACHE

    return CACHE


def front_end(card: ModelCard) -> TwoFrontEnds:
    settings = dict(second_network(card).front_end)
    try:
        yamnet = YamnetFrontEnd(**settings)  # type: ignore[arg-type]  # whole numbers and others
    except TypeError as exc:
        raise BundleError(f"The front end of model {card.model_id!r} cannot be read.") from exc
    return TwoFrontEnds(front_end_of(card, LogMelFrontEnd), yamnet)


def load(card: ModelCard, runtime: Runtime) -> TwoNetworks:
    return LightMusicnnYamnet(card) if runtime == "light" else MusicnnYamnetNetwork(card)


def keras_networks(card: ModelCard) -> dict[str, Any]:
    from ml.networks.keras_models import load_model, one_output
    from ml.networks.yamnet_weights import load_yamnet

    second = second_network(card)
    return {
        LIGHT_MUSICNN: one_output(load_model(card.model_path), "tags"),
        LIGHT_YAMNET: load_yamnet(card.folder / second.file, second.sha256),
    }


def linear_head(card: ModelCard) -> LinearHead | None:
    return LinearHead.from_card(card.head) if card.head else None


def predict_cached(
    card: ModelCard, network: TwoNetworks, features: Path, wanted: Sequence[str]
) -> CachedLogits:
    """Predict tracks by both caches, or by MusiCNN's where YAMNet's has nothing of a track.

    YAMNet's cache may have rows of other stretches than MusiCNN's: a track's features are means, so
    its mean logits stand beside each of MusiCNN's patches. Of a track that it lacks they are
    predicted from MusiCNN's tags, where the bundle has learned how; else the track is left out.
    """
    known = read_yamnet_logits(features)
    imputation = _load_imputation(card)
    names = [name for name in wanted if name in known or imputation]
    if not names:
        raise DatasetError(f"{features} has YAMNet's answers on none of the wanted tracks.")
    examples = load_examples(features, names)
    classes = np.array(card.yamnet.classes if card.yamnet else ())
    tags = []
    for name, musicnn in zip(examples.names, examples.tags, strict=True):
        if name in known:
            logits = known[name].mean(axis=0)[classes]
        elif imputation:
            heard = np.concatenate([musicnn, np.zeros((len(musicnn), len(classes)))], axis=1)
            logits = imputation.predict(network.features(heard)[:, : musicnn.shape[1]].mean(axis=0))
        tags.append(
            np.concatenate([musicnn, np.tile(scores_of(logits), (len(musicnn), 1))], axis=1)
        )
    means = np.stack([network.features(row).mean(axis=0) for row in tags])
    scores = [network.ood_score(row) for row in tags]
    return CachedLogits(
        examples.names,
        examples.y,
        network.head_logits(means),
        None if None in scores else np.array(scores),
        n_imputed=sum(name not in known for name in examples.names),
    )


def train(recipe: Recipe, run: TrainingRun) -> Path:
    from .training import train_on_two_networks

    return train_on_two_networks(recipe, run)


def cross_validate(card: ModelCard, features: Path) -> dict[str, bool]:
    raise RecipeError(
        f"{card.model_id} learned from more than GTZAN, so this cache alone cannot train it anew."
    )


def _load_imputation(card: ModelCard) -> Imputation | None:
    """Raises BundleError where the file is not the one of the card."""
    if card.imputation is None:
        return None
    path = card.folder / card.imputation.file
    if not path.is_file() or file_sha256(path) != card.imputation.sha256:
        raise BundleError(f"{path.name} of model {card.model_id!r} is not the one of its card.")
    return Imputation.load(path)
