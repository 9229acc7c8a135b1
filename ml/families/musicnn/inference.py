"""A loaded MusiCNN bundle, on either runtime."""

from __future__ import annotations

import numpy as np

from ml.families.base import PatchOutputs
from ml.heads.loaded import HeadOnTags
from ml.networks.predictors import light_predictor
from ml.registry.card import ModelCard

# The network in the light form: from patches to tags.
LIGHT = "musicnn"


class MusicnnNetwork(HeadOnTags):
    """The Keras model with its head, and its out-of-distribution detector."""

    def __init__(self, card: ModelCard):
        from ml.networks.keras_models import load_model

        self._model = load_model(card.model_path)
        super().__init__(card, *self._model.get_layer("genre_logits").get_weights())

    def run(self, patches: np.ndarray) -> PatchOutputs:
        # One patch at a time: on a CPU larger batches were hardly faster and took up to twice the
        # memory, which would then grow with the length of a song.
        outputs = [self._model.predict_on_batch(patch[None]) for patch in patches]
        return PatchOutputs(
            tags=np.stack([output["tags"][0] for output in outputs]).astype(np.float64),
            logits=np.stack([output["genre_logits"][0] for output in outputs]).astype(np.float64),
        )


class LightMusicnn(HeadOnTags):
    """The light form, with the head and the detector as plain arithmetic."""

    def __init__(self, card: ModelCard):
        self._tags = light_predictor(card, LIGHT)
        super().__init__(card)

    def run(self, patches: np.ndarray) -> PatchOutputs:
        tags = self._tags(patches).astype(np.float64)
        return PatchOutputs(tags, self.head_logits(self.features(tags)))
