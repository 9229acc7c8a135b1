"""Error budgets: how sure an answer has to be, so that few of those that are used are wrong.

Light, so that programs in a terminal can use it. `ml.heads.wild.budget` measures the curve of a
model, `ml.collection.own_budget` that of a collection whose tags say what is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

# The tests begin where a budget would allow about 23 wrong answers (10 * ln 10): among fewer, an
# unlucky one or two would decide.
TIMES_ENOUGH = 10


class Point(Protocol):
    """A cut: `n` answers are right with at least the probability `least`; `wrong` were wrong."""

    @property
    def least(self) -> float: ...
    @property
    def n(self) -> int: ...
    @property
    def wrong(self) -> int: ...


class Curve(Protocol):
    """What a card holds of a scale."""

    @property
    def intercept(self) -> float: ...
    @property
    def slope(self) -> float: ...
    @property
    def outside_slope(self) -> float: ...


@dataclass(frozen=True)
class Cut:
    """A cut that keeps a budget, see Point; `at_most` bounds the share that is wrong."""

    least: float
    n: int
    wrong: int
    at_most: float


@dataclass(frozen=True)
class Scale:
    """How probably an answer is right: the log odds are linear in the two numbers of an answer."""

    intercept: float
    slope: float
    outside_slope: float

    @classmethod
    def of(cls, curve: Curve) -> Self:
        """Return the scale of a curve, as the card of a model has it."""
        return cls(curve.intercept, curve.slope, curve.outside_slope)

    def right_probability(self, confidence: float, above: float) -> float:
        """Return how probably an answer is right, of music that may be none of the genres.

        Lower than its confidence, which is of music of the genres alone.

        Parameters
        ----------
        confidence : the probability of the most probable genre, in [0, 1]
        above : the detector's score less its threshold; above 0 the recording is refused
        """
        odds = self.intercept + self.slope * log_odds(confidence) + self.outside_slope * above
        return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, within those of 1e-4 and 1 - 1e-4."""
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))


def cut_for(points: Sequence[Point], budget: float, confidence: float) -> Cut | None:
    """Return the lowest cut that keeps a budget, or None where none does.

    By "Learn then Test" with fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan & Lei
    2021): the cuts are tested from the highest down, by an exact binomial test of the share that is
    wrong, and the last one before the first that fails is taken. Where the tests begin depends on
    how many answers there are, and not on which are right. So with this confidence the share of
    wrong answers is at most `budget`, of recordings drawn like those that were measured.

    Parameters
    ----------
    points : with falling `least`
    budget : the largest share of wrong answers among those that are used, in (0, 1)
    confidence : in (0, 1)
    """
    enough = answers_needed(budget, confidence)
    found = None
    for point in points:
        if point.n < enough:
            continue
        if binomial_tail(point.wrong, point.n, budget) > 1 - confidence:
            break
        found = point
    if found is None:
        return None
    at_most = upper_bound(found.wrong, found.n, confidence)
    return Cut(found.least, found.n, found.wrong, at_most)


def answers_needed(budget: float, confidence: float) -> int:
    """Return how many answers the highest cut that is tested has to have."""
    return math.ceil(TIMES_ENOUGH * math.log(1 - confidence) / math.log1p(-budget))


def lowest_budget(points: Sequence[Point], confidence: float) -> float | None:
    """Return the lowest budget in hundredths that a cut keeps; None where none keeps any."""
    tried = (percent / 100 for percent in range(1, 100))
    return next((b for b in tried if cut_for(points, b, confidence) is not None), None)


def binomial_tail(k: int, n: int, p: float) -> float:
    """Return the probability of at most k of n, each with probability p in (0, 1)."""
    i = np.arange(min(k, n) + 1)
    logs = np.array([math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1) for j in i])
    return float(min(np.exp(logs + i * math.log(p) + (n - i) * math.log1p(-p)).sum(), 1.0))


def upper_bound(k: int, n: int, confidence: float) -> float:
    """Return the one-sided upper bound of Clopper & Pearson (1934) for a share."""
    if k >= n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if binomial_tail(k, n, middle) > 1 - confidence else (low, middle)
        )
    return high
