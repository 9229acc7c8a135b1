"""A loaded bundle of both networks, on either runtime."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ml.data.yamnet_logits import scores_of
from ml.errors import BundleError
from ml.families.base import PatchOutputs
from ml.heads.loaded import HeadOnTags
from ml.networks.predictors import Predictor, keras_predictor, light_predictor
from ml.registry.card import ModelCard
from ml.registry.sections.networks import SecondNetwork

from .front_end import Patches

# Patches of YAMNet at a time, so that memory does not grow with the length of a song: 30 s.
BATCH = 64
# In the light form, of a thread: with fewer, handing them over takes as long as the network.
LIGHT_BATCH = 8
# The networks in the light form: from patches to tags, and to logits.
LIGHT_MUSICNN, LIGHT_YAMNET = "musicnn", "yamnet"


class TwoNetworks(HeadOnTags, ABC):
    """Both networks, with their head and their out-of-distribution detector.

    The tags of a patch are MusiCNN's 50 activations and then the scores of the card's classes of
    YAMNet: the mean of their logits over YAMNet's patches in that one, as a probability. So the log
    odds of such a tag are the mean logit.
    """

    _classes: np.ndarray
    _yamnet: Predictor

    def run(self, patches: Patches) -> PatchOutputs:
        heard = self._yamnet(patches.yamnet)
        return self._run(patches.musicnn, window_means(heard, patches.spans)[:, self._classes])

    @abstractmethod
    def _run(self, patches: np.ndarray, yamnet: np.ndarray) -> PatchOutputs:
        """Compute the outputs from MusiCNN's patches and the logits of YAMNet's classes."""


class MusicnnYamnetNetwork(TwoNetworks):
    """The Keras models. Raises BundleError where a file is not the one of the card."""

    def __init__(self, card: ModelCard):
        from ml.networks.keras_models import load_model
        from ml.networks.yamnet_weights import load_yamnet

        second = second_network(card)
        self._classes = np.array(second.classes)
        self._model = load_model(card.model_path)
        yamnet = load_yamnet(card.folder / second.file, second.sha256)
        self._yamnet = keras_predictor(yamnet, batch=BATCH)
        # One that learned on has the networks of its base, with a head of its own in the card.
        self._has_own_head = card.learned is not None
        weights = () if self._has_own_head else self._model.get_layer("genre_logits").get_weights()
        super().__init__(card, *weights)

    def _run(self, patches: np.ndarray, yamnet: np.ndarray) -> PatchOutputs:
        # One patch at a time, as MusiCNN by itself.
        outputs = [
            self._model.predict_on_batch({"patches": patch[None], "yamnet": row[None]})
            for patch, row in zip(patches, yamnet, strict=True)
        ]
        musicnn = np.stack([output["tags"][0] for output in outputs]).astype(np.float64)
        tags = np.concatenate([musicnn, scores_of(yamnet)], axis=1)
        if self._has_own_head:
            return PatchOutputs(tags, self.head_logits(self.features(tags)))
        logits = np.stack([output["genre_logits"][0] for output in outputs])
        return PatchOutputs(tags, logits.astype(np.float64))


class LightMusicnnYamnet(TwoNetworks):
    """The light form, with the head and the detector as plain arithmetic."""

    def __init__(self, card: ModelCard):
        self._classes = np.array(second_network(card).classes)
        self._musicnn = light_predictor(card, LIGHT_MUSICNN)
        self._yamnet = light_predictor(card, LIGHT_YAMNET, batch=LIGHT_BATCH)
        super().__init__(card)

    def _run(self, patches: np.ndarray, yamnet: np.ndarray) -> PatchOutputs:
        tags = np.concatenate([self._musicnn(patches), scores_of(yamnet)], axis=1)
        tags = tags.astype(np.float64)
        return PatchOutputs(tags, self.head_logits(self.features(tags)))


def yamnet_logits(network: Any, patches: np.ndarray) -> np.ndarray:
    """Compute YAMNet's logits [shape=(m, 521), dtype=float32] of its patches."""
    return keras_predictor(network, batch=BATCH)(patches)


def window_means(logits: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Average logits [shape=(m, 521)] over stretches of patches [shape=(n, 2)]: (n, 521)."""
    return np.stack([logits[first:last].mean(axis=0) for first, last in spans])


def second_network(card: ModelCard) -> SecondNetwork:
    """Return what the card tells of YAMNet. Raises BundleError."""
    if card.yamnet is None:
        raise BundleError(f"The card of model {card.model_id!r} does not tell of its YAMNet.")
    return card.yamnet
