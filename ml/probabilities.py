"""From logits to probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def to_probabilities(logits: np.ndarray, calibration: Mapping | None = None) -> np.ndarray:
    """Logits to probabilities that sum to 1 over the last axis, dtype=float64.

    With a calibration they are a blend of two softmaxes: of the logits as they are, with the
    weight `own_weight`, and of the logits divided by `temperature`. The order of the genres is
    the same in both, and so in the blend.
    """
    own = softmax(logits)
    if not calibration:
        return own
    weight = calibration.get("own_weight", 0.0)
    return weight * own + (1 - weight) * softmax(np.asarray(logits) / calibration["temperature"])


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, dtype=float64."""
    logits = np.asarray(logits, dtype=np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
