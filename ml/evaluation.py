"""Track-level scores of predicted probabilities."""

from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from .calibration import expected_calibration_error
from .dataset import GENRES


def wilson_interval(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % score interval of a proportion (Wilson 1927)."""
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (centre - spread) / scale, (centre + spread) / scale


def score(probabilities: np.ndarray, y: np.ndarray) -> dict:
    """Everything the model card says of one part of a split.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], rows sum to 1
    y : np.ndarray [shape=(n,), dtype=int], the true classes

    Returns
    -------
    dict of plain numbers, ready for JSON: n, accuracy, accuracy_ci95, macro_f1, top3_accuracy, ece,
    per_genre {genre: {precision, recall, n}}, confusion (rows: truth, columns: prediction)
    """
    labels = list(range(len(GENRES)))
    predicted = probabilities.argmax(axis=1)
    hits = int((predicted == y).sum())
    top3 = np.argsort(-probabilities, axis=1)[:, :3]
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0.0
    )
    return {
        "n": len(y),
        "accuracy": round(hits / len(y), 4),
        "accuracy_ci95": [round(bound, 4) for bound in wilson_interval(hits, len(y))],
        "macro_f1": round(float(f1.mean()), 4),
        "top3_accuracy": round(float((top3 == y[:, None]).any(axis=1).mean()), 4),
        "ece": round(expected_calibration_error(probabilities, y), 4),
        "per_genre": {
            genre: {
                "precision": round(float(precision[i]), 4),
                "recall": round(float(recall[i]), 4),
                "n": int(support[i]),
            }
            for i, genre in enumerate(GENRES)
        },
        "confusion": confusion_matrix(y, predicted, labels=labels).tolist(),
    }
