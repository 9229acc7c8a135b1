"""Verbal confidence levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Confidence:
    """How sure an answer is, by how such answers turned out on tracks kept out of training.

    key : "quite_sure", "leaning", "torn" or "not_sure"
    right : share of answers of this kind that named the right genre, in [0, 1]
    first_two : share where the right genre was one of the two most probable
    n : tracks that got such an answer; where `rounds` is above 1, on average in one round
    rounds : how often each track was judged; the shares are over all the rounds
    """

    key: str
    right: float
    first_two: float
    n: int
    rounds: int = 1


def confidence_word(probabilities: Sequence[float], card_data: Mapping) -> Confidence | None:
    """The word for an answer, or None where the card of the model has no words.

    Parameters
    ----------
    probabilities : the ten of a track, in any order
    card_data : `Card.data`; its `confidence_words` are tried in order, the first that fits is it
    """
    second, first = sorted(probabilities)[-2:]
    for row in card_data.get("confidence_words", ()):
        if first >= row["from"] and first - second <= row["margin_up_to"]:
            return Confidence(
                row["word"], row["right"], row["first_two"], row["n"], rounds(card_data)
            )
    return None


def rounds(card_data: Mapping) -> int:
    """How often the model's own cross-validation judged each track."""
    return card_data.get("training", {}).get("cross_validation", {}).get("repeats", 1)
