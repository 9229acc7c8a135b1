"""The functions of the family with two networks: see `ml.families.base.Family`.

One linear head on the tags of MusiCNN and on the classes of YAMNet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.data.feature_cache import load_examples, read_yamnet_logits
from ml.errors import BundleError, DatasetError
from ml.families.base import CachedLogits, FeatureCache, TrainingRun, front_end_of
from ml.heads.linear_head import LinearHead
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError
from ml.tensorflow_import import import_tensorflow

from .front_end import TwoFrontEnds

if TYPE_CHECKING:
    from .inference import MusicnnYamnetNetwork


def feature_cache() -> FeatureCache:
    from .features import CACHE

    return CACHE


def front_end(card: ModelCard) -> TwoFrontEnds:
    if card.yamnet is None:
        raise BundleError(f"The card of model {card.model_id!r} does not tell of its YAMNet.")
    settings = dict(card.yamnet.front_end)
    try:
        yamnet = YamnetFrontEnd(**settings)  # type: ignore[arg-type]  # whole numbers and others
    except TypeError as exc:
        raise BundleError(f"The front end of model {card.model_id!r} cannot be read.") from exc
    return TwoFrontEnds(front_end_of(card, LogMelFrontEnd), yamnet)


def load(card: ModelCard) -> MusicnnYamnetNetwork:
    import_tensorflow()
    from .inference import MusicnnYamnetNetwork

    return MusicnnYamnetNetwork(card)


def linear_head(card: ModelCard) -> LinearHead | None:
    return LinearHead.from_card(card.head) if card.head else None


def predict_cached(
    card: ModelCard, network: MusicnnYamnetNetwork, features: Path, wanted: Sequence[str]
) -> CachedLogits:
    """Predict the tracks that both caches have.

    YAMNet's cache may have rows of other stretches than MusiCNN's: a track's features are means, so
    its mean logits stand beside each of MusiCNN's patches.
    """
    from .inference import scores_of

    logits = read_yamnet_logits(features)
    names = [name for name in wanted if name in logits]
    if not names:
        raise DatasetError(f"{features} has YAMNet's answers on none of the wanted tracks.")
    examples = load_examples(features, names)
    classes = np.array(card.yamnet.classes if card.yamnet else ())
    tags = []
    for name, musicnn in zip(examples.names, examples.tags, strict=True):
        row = scores_of(logits[name].mean(axis=0)[classes])
        tags.append(np.concatenate([musicnn, np.tile(row, (len(musicnn), 1))], axis=1))
    means = np.stack([network.features(row).mean(axis=0) for row in tags])
    scores = [network.ood_score(row) for row in tags]
    return CachedLogits(
        examples.names,
        examples.y,
        network.head_logits(means),
        None if None in scores else np.array(scores),
    )


def train(recipe: Recipe, run: TrainingRun) -> Path:
    raise RecipeError("A head for both networks cannot be trained yet.")


def cross_validate(card: ModelCard, features: Path) -> dict[str, bool]:
    raise RecipeError(
        f"{card.model_id} learned from more than GTZAN, so this cache alone cannot train it anew."
    )
