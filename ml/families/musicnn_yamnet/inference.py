"""A loaded bundle of both networks. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.data.yamnet_logits import scores_of
from ml.errors import BundleError
from ml.families.base import PatchOutputs
from ml.heads.loaded import HeadOnTags
from ml.networks import musicnn  # noqa: F401  registers the layers that the saved model refers to
from ml.networks.keras_models import load_model
from ml.networks.yamnet_weights import load_yamnet
from ml.registry.card import ModelCard, SecondNetwork

from .front_end import Patches

# Patches of YAMNet at a time, so that memory does not grow with the length of a song: 30 s.
BATCH = 64


class MusicnnYamnetNetwork(HeadOnTags):
    """Both networks, with their head and their out-of-distribution detector.

    The tags of a patch are MusiCNN's 50 activations and then the scores of the card's classes of
    YAMNet: the mean of their logits over YAMNet's patches in that one, as a probability. So the log
    odds of such a tag are the mean logit.

    Raises
    ------
    BundleError : a file is missing or not the one of the card
    """

    def __init__(self, card: ModelCard):
        second = _second_network(card)
        self._model = load_model(card.model_path)
        self._yamnet = load_yamnet(card.folder / second.file, second.sha256)
        self._classes = np.array(second.classes)
        super().__init__(card, *self._model.get_layer("genre_logits").get_weights())

    def run(self, patches: Patches) -> PatchOutputs:
        heard = yamnet_logits(self._yamnet, patches.yamnet)
        means = window_means(heard, patches.spans)[:, self._classes]
        # One patch at a time, as MusiCNN by itself.
        outputs = [
            self._model.predict_on_batch({"patches": patch[None], "yamnet": row[None]})
            for patch, row in zip(patches.musicnn, means, strict=True)
        ]
        tags = np.stack([output["tags"][0] for output in outputs]).astype(np.float64)
        return PatchOutputs(
            tags=np.concatenate([tags, scores_of(means)], axis=1),
            logits=np.stack([output["genre_logits"][0] for output in outputs]).astype(np.float64),
        )


def yamnet_logits(network: Any, patches: np.ndarray) -> np.ndarray:
    """Compute YAMNet's logits [shape=(m, 521), dtype=float32] of its patches."""
    batches = [patches[i : i + BATCH] for i in range(0, len(patches), BATCH)]
    return np.concatenate([network.predict_on_batch(np.ascontiguousarray(b)) for b in batches])


def window_means(logits: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Average logits [shape=(m, 521)] over stretches of patches [shape=(n, 2)]: (n, 521)."""
    return np.stack([logits[first:last].mean(axis=0) for first, last in spans])


def _second_network(card: ModelCard) -> SecondNetwork:
    if card.yamnet is None:
        raise BundleError(f"The card of model {card.model_id!r} does not tell of its YAMNet.")
    return card.yamnet
