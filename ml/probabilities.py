"""Calibrated probabilities of logits. Light, so that pages can use it."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class Calibration(BaseModel):
    """A blend of two softmaxes: of the logits as they are, and of the logits / `temperature`.

    Attributes
    ----------
    temperature : divides the logits of the second softmax, > 0
    own_weight : weight of the first softmax, in [0, 1]
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(gt=0)]
    own_weight: Annotated[float, Field(ge=0, le=1)] = 0.0


def to_probabilities(logits: np.ndarray, calibration: Calibration | None = None) -> np.ndarray:
    """Convert logits to probabilities.

    Calibration never changes the order of the genres: it is the same in both softmaxes, and so in
    their blend.

    Parameters
    ----------
    logits : np.ndarray [shape=(..., n_genres)]
    calibration : None for the plain softmax

    Returns
    -------
    np.ndarray of the same shape, dtype=float64, which sums to 1 over the last axis
    """
    own = softmax(logits)
    if calibration is None:
        return own
    tempered = softmax(np.asarray(logits) / calibration.temperature)
    return calibration.own_weight * own + (1 - calibration.own_weight) * tempered


def softmax(logits: np.ndarray) -> np.ndarray:
    """Compute the softmax over the last axis, dtype=float64."""
    logits = np.asarray(logits, dtype=np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
