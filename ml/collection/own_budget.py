"""An error budget measured on a collection itself, where people tagged a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .genre_tags import means_several, meant_genre
from .plan import Heard

STEPS = 50  # points of the curve, at most


@dataclass(frozen=True)
class OwnPoint:
    """A cut, see `ml.metrics.error_budget.Point`."""

    least: float
    n: int
    wrong: int


def measure_own(files: Iterable[Heard]) -> list[OwnPoint]:
    """Measure how often answers differ from the genres that people wrote.

    A word that means none of the model's genres counts as wrong where a genre is named: such music
    is in the rest of the collection too. Words that mean several genres are left out.

    Parameters
    ----------
    files : those without a genre of a person's are left out; copies of one sound count once, as
        they tell no more than one
    """
    each_once = {file.audio: file for file in files if file.tags and file.tags.is_persons}
    rows: list[tuple[float, bool]] = []
    for file in each_once.values():
        answer, tags = file.answer, file.tags
        labels = tuple(answer.probabilities)
        if answer.none_of_the_ten or tags is None:
            continue
        if means_several(tags.genres, labels):
            continue
        is_right = meant_genre(tags.genres, labels) == answer.genre
        rows.append((file.order, is_right))
    rows.sort(reverse=True)
    step = max(1, len(rows) // STEPS)
    points, wrong = [], 0
    for n, (least, is_right) in enumerate(rows, 1):
        wrong += not is_right
        # Answers that are as sure belong to one cut.
        if n == len(rows) or (n % step == 0 and rows[n][0] < least):
            points.append(OwnPoint(least, n, wrong))
    return points
