"""Verbal confidence levels of answers, each with the measured share of right answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Level(Protocol):
    """A level as a card holds it: the answers it is for, and the share of them that was right."""

    @property
    def word(self) -> str: ...
    @property
    def min_confidence(self) -> float: ...
    @property
    def max_margin(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def first_two(self) -> float: ...
    @property
    def n(self) -> int: ...


@dataclass(frozen=True)
class Confidence:
    """The level of one answer, measured on tracks kept out of training.

    Attributes
    ----------
    key : "quite_sure", "leaning", "torn" or "not_sure"
    right : share of answers of this level that named the right genre, in [0, 1]
    first_two : share where the right genre was one of the two most probable
    n : tracks that got such an answer; where `rounds` is above 1, on average in one round
    rounds : how often each track was judged; the shares are over all the rounds
    """

    key: str
    right: float
    first_two: float
    n: int
    rounds: int = 1


def confidence_of(
    probabilities: Sequence[float], levels: Sequence[Level], *, rounds: int = 1
) -> Confidence | None:
    """Return the level of an answer, or None where the model has none.

    Parameters
    ----------
    probabilities : of all genres of a track, in any order
    levels : tried in order; the first that fits is taken
    rounds : how often the model's own cross-validation judged each track
    """
    second, first = sorted(probabilities)[-2:]
    for level in levels:
        if first >= level.min_confidence and first - second <= level.max_margin:
            return Confidence(level.word, level.right, level.first_two, level.n, rounds)
    return None
