"""How sure is sure: temperature scaling and what remains to be wrong after it."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax


def fit_temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """The temperature that minimises the log loss of softmax(logits / temperature).

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017). Give it predictions on
    tracks that the model was not trained on, e.g. out-of-fold ones.

    Parameters
    ----------
    logits : np.ndarray [shape=(n, n_genres)]
    y : np.ndarray [shape=(n,), dtype=int], the true classes
    """

    def log_loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(y)), y].mean())

    best = minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(best.x))


def expected_calibration_error(probabilities: np.ndarray, y: np.ndarray, n_bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, in [0, 1].

    Source: Naeini, Cooper & Hauskrecht (2015).
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == y
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = [
        np.mean(bins == b) * abs(confidence[bins == b].mean() - correct[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))
