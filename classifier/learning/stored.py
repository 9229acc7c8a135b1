"""Stored answers as arrays, for arithmetic over all of a history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet

from classifier.genres import NO_GENRE
from classifier.models import Classification

BATCH = 1000
COLUMNS = (
    "pk",
    "public_id",
    "features",
    "genre",
    "is_outside",
    "outside_score",
    "reviewed_genre",
    "source",
)


@dataclass(frozen=True)
class Stored:
    """Answers of one model.

    Attributes
    ----------
    rows : their columns
    x : np.ndarray [shape=(n, d), dtype=float64], their features
    headlines : np.ndarray [shape=(n,), dtype=str], what was answered, a genre or "none"
    silent : np.ndarray [shape=(n,), dtype=bool], refused for there is nothing to hear, whatever the
        detector says
    """

    rows: list[dict[str, Any]]
    x: np.ndarray
    headlines: np.ndarray
    silent: np.ndarray


def batches(
    answers: QuerySet[Classification],
    n_features: int,
    threshold: float,
) -> Iterator[Stored]:
    """Read answers by their primary key, so many at a time.

    Those without all numbers, from before these were stored, are left out.

    Parameters
    ----------
    threshold : of the detector that refused them
    """
    last, rows_after = 0, answers.order_by("pk").values(*COLUMNS)
    while found := list(rows_after.filter(pk__gt=last)[:BATCH]):
        last = found[-1]["pk"]
        rows = [row for row in found if len(row["features"]) == n_features]
        if rows:
            yield _stored(rows, threshold)


def _stored(rows: list[dict[str, Any]], threshold: float) -> Stored:
    scores = np.array([row["outside_score"] for row in rows], np.float64)  # None is NaN
    outside = np.array([row["is_outside"] for row in rows], bool)
    return Stored(
        rows,
        np.array([row["features"] for row in rows], np.float64),
        np.where(outside, NO_GENRE, np.array([row["genre"] for row in rows], str)),
        outside & ~(scores > threshold),
    )
