"""A loaded mel-cnn bundle, on either runtime."""

from __future__ import annotations

import numpy as np

from ml.families.base import PatchOutputs
from ml.networks.predictors import keras_predictor, light_predictor
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard

from .segments import cut

# The network in the light form: from patches to logits.
LIGHT = "mel_cnn"


class MelCnnNetwork:
    """The network; it has neither tags nor an out-of-distribution detector."""

    def __init__(self, card: ModelCard, runtime: Runtime):
        self._patch_frames = int(card.front_end["patch_frames"])
        if runtime == "light":
            self._logits = light_predictor(card, LIGHT)
        else:
            from ml.networks.keras_models import load_model, one_output

            model = one_output(load_model(card.model_path), "genre_logits")
            # One patch at a time, so that memory does not grow with the length of a song.
            self._logits = keras_predictor(model, batch=1)

    def run(self, patches: np.ndarray) -> PatchOutputs:
        logits = self._logits(patches).astype(np.float64)
        return PatchOutputs(np.zeros((len(patches), 0)), logits)

    def clip_logits(self, mel_db: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(n, n_labels)] of cached clips [shape=(n, frames, mels)], dB."""
        patches = cut(mel_db, self._patch_frames)
        return np.stack([self.run(clip.astype(np.float32)).logits.mean(axis=0) for clip in patches])

    def features(self, tags: np.ndarray) -> np.ndarray:
        return tags

    def ood_score(self, tags: np.ndarray) -> float | None:
        return None

    def is_music(self, tags: np.ndarray) -> bool | None:
        return None
