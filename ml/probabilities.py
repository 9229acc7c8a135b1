"""From logits to calibrated probabilities: plain arithmetic, NumPy alone."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class Calibration(BaseModel):
    """A blend of two softmaxes: of the logits as they are, and of the logits / `temperature`.

    own_weight : weight of the first
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(gt=0)]
    own_weight: Annotated[float, Field(ge=0, le=1)] = 0.0


def to_probabilities(logits: np.ndarray, calibration: Calibration | None = None) -> np.ndarray:
    """Turn logits into probabilities that sum to 1 over the last axis, dtype=float64.

    The order of the genres is the same in both softmaxes of a calibration, and so in the blend.
    """
    own = softmax(logits)
    if calibration is None:
        return own
    tempered = softmax(np.asarray(logits) / calibration.temperature)
    return calibration.own_weight * own + (1 - calibration.own_weight) * tempered


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, dtype=float64."""
    logits = np.asarray(logits, dtype=np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
