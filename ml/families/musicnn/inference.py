"""A loaded MusiCNN bundle. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

import numpy as np

from ml.families.base import PatchOutputs
from ml.heads.loaded import HeadOnTags
from ml.networks import musicnn  # noqa: F401  registers the layers that the saved model refers to
from ml.networks.keras_models import load_model
from ml.registry.card import ModelCard


class MusicnnNetwork(HeadOnTags):
    """The network with its head and its out-of-distribution detector."""

    def __init__(self, card: ModelCard):
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
