"""A loaded mel-cnn bundle. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

import numpy as np

from ml.families.base import PatchOutputs
from ml.networks.keras_models import load_model
from ml.registry.card import ModelCard

from .training import predict_logits


class MelCnnNetwork:
    """The network; it has neither tags nor an out-of-distribution detector."""

    def __init__(self, card: ModelCard):
        self._model = load_model(card.model_path)

    def run(self, patches: np.ndarray) -> PatchOutputs:
        # One patch at a time, so that memory does not grow with the length of a song.
        outputs = [self._model.predict_on_batch(patch[None]) for patch in patches]
        logits = np.stack([output["genre_logits"][0] for output in outputs])
        return PatchOutputs(np.zeros((len(patches), 0)), logits.astype(np.float64))

    def clip_logits(self, mel_db: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(n, n_labels)] of cached clips [shape=(n, frames, mels)], dB."""
        return predict_logits(self._model, mel_db)

    def features(self, tags: np.ndarray) -> np.ndarray:
        return tags

    def ood_score(self, tags: np.ndarray) -> float | None:
        return None

    def is_music(self, tags: np.ndarray) -> bool | None:
        return None
