"""Track-level scores of predicted probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from ml.data.gtzan import GENRES

from .calibration import expected_calibration_error, reliability
from .confidence import confidence_word
from .intervals import wilson_interval


def macro_f1(scores: np.ndarray, y: np.ndarray) -> float:
    """Of the highest of each row's scores; [shape=(n, n_genres)] against (n,)."""
    return float(f1_score(y, scores.argmax(axis=1), average="macro", zero_division=0.0))


def score(probabilities: np.ndarray, y: np.ndarray) -> dict:
    """Everything the model card says of one part of a split.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], rows sum to 1
    y : np.ndarray [shape=(n,), dtype=int], the true classes

    Returns
    -------
    dict of plain numbers, ready for JSON: n, accuracy, accuracy_ci95, macro_f1, top3_accuracy, ece,
    reliability (see ml.calibration), per_genre {genre: {precision, precision_ci95 or None where
    the genre was never named, recall, recall_ci95, n, named}}, confusion (rows: truth, columns:
    prediction)
    """
    labels = list(range(len(GENRES)))
    predicted = probabilities.argmax(axis=1)
    hits = int((predicted == y).sum())
    top3 = np.argsort(-probabilities, axis=1)[:, :3]
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0.0
    )
    confusion = confusion_matrix(y, predicted, labels=labels)
    named, right = confusion.sum(axis=0), np.diag(confusion)
    return {
        "n": len(y),
        "accuracy": round(hits / len(y), 4),
        "accuracy_ci95": _interval(hits, len(y)),
        "macro_f1": round(float(f1.mean()), 4),
        "top3_accuracy": round(float((top3 == y[:, None]).any(axis=1).mean()), 4),
        "ece": round(expected_calibration_error(probabilities, y), 4),
        "reliability": reliability(probabilities, y),
        "per_genre": {
            genre: {
                "precision": round(float(precision[i]), 4),
                "precision_ci95": _interval(right[i], named[i]),
                "recall": round(float(recall[i]), 4),
                "recall_ci95": _interval(right[i], support[i]),
                "n": int(support[i]),
                "named": int(named[i]),
            }
            for i, genre in enumerate(GENRES)
        },
        "confusion": confusion.tolist(),
    }


def score_words(probabilities: np.ndarray, y: np.ndarray, card_data: Mapping) -> list[dict]:
    """How often each of the card's words was right on a part: {word, n, right, first_two}."""
    order = np.argsort(-probabilities, axis=1)
    right = order[:, 0] == y
    first_two = right | (order[:, 1] == y)
    found = [confidence_word(row, card_data) for row in probabilities]
    keys = np.array([word.key if word else "" for word in found])
    return [
        {
            "word": row["word"],
            "n": int((keys == row["word"]).sum()),
            "right": round(float(right[keys == row["word"]].mean()), 4),
            "first_two": round(float(first_two[keys == row["word"]].mean()), 4),
        }
        for row in card_data.get("confidence_words", ())
        if (keys == row["word"]).any()
    ]


def score_outside(
    inside: np.ndarray, outside: Mapping[str, Sequence[float]], threshold: float
) -> dict:
    """How well tracks of the ten genres and other sounds are told apart.

    Parameters
    ----------
    inside : np.ndarray [shape=(n,)], outside scores of tracks of the ten genres
    outside : outside scores of other clips, by kind

    Returns
    -------
    {n, refused, refused_share, refused_ci95, sets {kind: {n, auroc, refused_share}}}; the set
    "all" pools the kinds where there are several
    """
    refused = int((inside > threshold).sum())
    sets = {kind: np.asarray(scores) for kind, scores in outside.items()}
    if len(sets) > 1:
        sets["all"] = np.concatenate(list(sets.values()))
    return {
        "n": len(inside),
        "refused": refused,
        "refused_share": round(refused / len(inside), 4),
        "refused_ci95": _interval(refused, len(inside)),
        "sets": {
            kind: {
                "n": len(scores),
                "auroc": round(auroc(inside, scores), 4),
                "refused_share": round(float((scores > threshold).mean()), 4),
            }
            for kind, scores in sets.items()
        },
    }


def _interval(successes: int, n: int) -> list[float] | None:
    return [round(bound, 4) for bound in wilson_interval(int(successes), int(n))] if n else None


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """The chance that an outside track scores above an inside one; ties count one half."""
    values = np.concatenate([inside, outside])
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    below = rank[place][len(inside) :].sum() - len(outside) * (len(outside) + 1) / 2
    return float(below / (len(inside) * len(outside)))
