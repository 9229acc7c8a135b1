"""A loaded MusiCNN bundle. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

import numpy as np

from ml.families.base import PatchOutputs
from ml.heads.detectors import load_detector
from ml.heads.linear_head import LinearHead
from ml.networks import musicnn  # noqa: F401  registers the layers that the saved model refers to
from ml.networks.keras_models import load_model
from ml.registry.card import ModelCard


class MusicnnNetwork:
    """The network with its head and its out-of-distribution detector."""

    def __init__(self, card: ModelCard):
        self._model = load_model(card.model_path)
        self._head = LinearHead.from_card(card.head) if card.head else None
        self._ood = load_detector(card)
        # The weights as they were trained; those of the card are rounded.
        kernel, bias = self._model.get_layer("genre_logits").get_weights()
        self._kernel, self._bias = kernel.astype(np.float64), bias.astype(np.float64)

    def run(self, patches: np.ndarray) -> PatchOutputs:
        # One patch at a time: on a CPU larger batches were hardly faster and took up to twice the
        # memory, which would then grow with the length of a song.
        outputs = [self._model.predict_on_batch(patch[None]) for patch in patches]
        return PatchOutputs(
            tags=np.stack([output["tags"][0] for output in outputs]).astype(np.float64),
            logits=np.stack([output["genre_logits"][0] for output in outputs]).astype(np.float64),
        )

    def features(self, tags: np.ndarray) -> np.ndarray:
        return tags if self._head is None else self._head.features(tags)

    def head_logits(self, features: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(n, n_labels), dtype=float64] of features [shape=(n, n_tags)]."""
        return features @ self._kernel + self._bias

    def ood_score(self, tags: np.ndarray) -> float | None:
        if self._ood is None:
            return None
        return float(self._ood.score(self._ood.features(tags)[None])[0])
