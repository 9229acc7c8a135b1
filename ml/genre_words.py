"""Genres and probabilities as people write them."""

from __future__ import annotations

from typing import Literal

NO_GENRE = "none"  # what people say of music that is none of the model's genres
NO_MUSIC = "no music"
NBSP = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line
# GTZAN's labels have no spaces and hyphens.
NAMES = {"hiphop": "hip-hop"}

COUNTS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def genre_name(label: str, n_genres: int | None = None) -> str:
    """Return a label as people write it: "hiphop" -> "hip-hop".

    Parameters
    ----------
    n_genres : how many genres the model knows: ("none", 12) -> "none of the twelve". Without it,
        as where several models are spoken of, "none of the genres".
    """
    if label == NO_GENRE:
        return f"none of the {count_words(n_genres) if n_genres else 'genres'}"
    return NAMES.get(label, label)


def count_words(n: int) -> str:
    """Return a number as people write it in a sentence: 10 -> "ten", 22 -> "twenty-two"."""
    if n < len(COUNTS):
        return COUNTS[n]
    tens, ones = divmod(n, 10)
    if tens > 9:
        return str(n)
    return TENS[tens - 2] + (f"-{COUNTS[ones]}" if ones else "")


def percent(probability: float | Literal[""] | None) -> str:
    """Write a probability with one decimal; never 0.0 % or 100.0 % for what is not.

    A template has "" for what it cannot find.
    """
    if probability is None or isinstance(probability, str):
        return ""
    if 0 < probability < 0.001:
        return f"<{NBSP}0.1{NBSP}%"
    # Never "100.0 %" for what is not certain.
    if 0.9995 <= probability < 1:
        return f">{NBSP}99.9{NBSP}%"
    return f"{probability * 100:.1f}{NBSP}%"
