"""Scores of predicted probabilities, by track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from .calibration import expected_calibration_error, reliability
from .confidence import Level, confidence_of
from .intervals import wilson_interval

# The keys of the verbal confidence levels, the surest first.
LEVELS = ("quite_sure", "leaning", "torn", "not_sure")


def macro_f1(scores: np.ndarray, y: np.ndarray) -> float:
    """Compute the macro-averaged F1 of the highest score of each row.

    Parameters
    ----------
    scores : np.ndarray [shape=(n, n_genres)], logits or probabilities
    y : np.ndarray [shape=(n,), dtype=int], the true classes
    """
    return float(f1_score(y, scores.argmax(axis=1), average="macro", zero_division=0.0))


def score(probabilities: np.ndarray, y: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """Compute all scores that a model card has of one part of a split.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], rows sum to 1
    y : np.ndarray [shape=(n,), dtype=int], the true classes, index into the labels

    Returns
    -------
    dict of plain numbers, ready for JSON: n, accuracy, accuracy_ci95, macro_f1, top3_accuracy, ece,
    reliability (see ml.metrics.calibration), per_genre {genre: {precision,
    precision_ci95 (None where the genre was never predicted), recall, recall_ci95, n, named}},
    confusion (a row a true genre, a column a prediction)
    """
    classes = list(range(len(labels)))
    predicted = probabilities.argmax(axis=1)
    hits = int((predicted == y).sum())
    top3 = np.argsort(-probabilities, axis=1)[:, :3]
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=classes, zero_division=0.0
    )
    confusion = confusion_matrix(y, predicted, labels=classes)
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
            for i, genre in enumerate(labels)
        },
        "confusion": confusion.tolist(),
    }


def score_levels(
    probabilities: np.ndarray, y: np.ndarray, levels: Sequence[Level]
) -> list[dict[str, Any]]:
    """Compute how often the answers of each verbal confidence level were right.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], calibrated
    y : np.ndarray [shape=(n,), dtype=int], the true classes

    Returns
    -------
    a row {word, n, right, first_two} of each level that occurs
    """
    found = [confidence_of(row, levels) for row in probabilities]
    words = np.array([confidence.key if confidence else "" for confidence in found])
    return score_words(probabilities, y, words, [level.word for level in levels])


def score_words(
    probabilities: np.ndarray, y: np.ndarray, words: np.ndarray, order: Sequence[str] = LEVELS
) -> list[dict[str, Any]]:
    """Compute how often answers that were given a word were right.

    Parameters
    ----------
    words : np.ndarray [shape=(n,)], the key of each answer's confidence level
    order : of the rows; a word that no answer has gets none
    """
    first, second = np.argsort(-probabilities, axis=1)[:, :2].T
    right = first == y
    first_two = right | (second == y)
    return [
        {
            "word": word,
            "n": int(mine.sum()),
            "right": round(float(right[mine].mean()), 4),
            "first_two": round(float(first_two[mine].mean()), 4),
        }
        for word in order
        if (mine := words == word).any()
    ]


def macro_recall(scores: Mapping[str, Any]) -> float:
    """Compute the mean recall over the genres that occur, of the scores that `score` returns."""
    return round(
        float(np.mean([row["recall"] for row in scores["per_genre"].values() if row["n"]])), 4
    )


def score_kinds(
    scores: np.ndarray, refused: np.ndarray, inside: np.ndarray, kinds: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Compute how well recordings of several kinds are told from music of the model's genres.

    Parameters
    ----------
    scores : np.ndarray [shape=(n,)], out-of-distribution scores
    refused : np.ndarray [shape=(n,), dtype=bool]
    inside : np.ndarray [shape=(n,), dtype=bool], which are of the genres
    kinds : the same for each kind; one that does not occur gets no row

    Returns
    -------
    {n, refused, refused_share, refused_ci95, sets {kind: {n, auroc, refused, refused_share,
    refused_ci95}}}
    """
    return _refusals(refused[inside]) | {
        "sets": {
            str(kind): {"auroc": round(auroc(scores[inside], scores[which]), 4)}
            | _refusals(refused[which])
            for kind, which in kinds.items()
            if which.any()
        },
    }


def score_ood(
    inside: np.ndarray, outside: Mapping[str, Sequence[float]], threshold: float
) -> dict[str, Any]:
    """Compute how well tracks of the model's genres and other sounds are told apart.

    Parameters
    ----------
    inside : np.ndarray [shape=(n,)], out-of-distribution scores of tracks of its genres
    outside : such scores of other clips, by kind
    threshold : above it a track is refused

    Returns
    -------
    {n, refused, refused_share, refused_ci95, sets {kind: {n, auroc, refused_share}}}; the set
    "all" pools the kinds where there are several
    """
    sets = {kind: np.asarray(scores) for kind, scores in outside.items()}
    if len(sets) > 1:
        sets["all"] = np.concatenate(list(sets.values()))
    return _refusals(inside > threshold) | {
        "sets": {
            kind: {
                "n": len(scores),
                "auroc": round(auroc(inside, scores), 4),
                "refused_share": round(float((scores > threshold).mean()), 4),
            }
            for kind, scores in sets.items()
        },
    }


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """Compute the probability that an outside track scores above an inside one; ties are half."""
    truth = np.r_[np.zeros(len(inside)), np.ones(len(outside))]
    return float(roc_auc_score(truth, np.concatenate([inside, outside])))


def _refusals(refused: np.ndarray) -> dict[str, Any]:
    return {
        "n": len(refused),
        "refused": int(refused.sum()),
        "refused_share": round(float(refused.mean()), 4),
        "refused_ci95": _interval(refused.sum(), len(refused)),
    }


def _interval(successes: int, n: int) -> list[float] | None:
    return [round(max(b, 0.0), 4) for b in wilson_interval(int(successes), int(n))] if n else None
