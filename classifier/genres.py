"""Genres in words: how a label is written, and the word for none of them."""

from __future__ import annotations

from collections.abc import Iterable

NO_GENRE = "none"  # what people say of music that is none of the model's genres
# GTZAN writes its labels without spaces; people do not.
NAMES = {"hiphop": "hip-hop", NO_GENRE: "none of the ten"}

COUNTS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip


def genre_name(label: str) -> str:
    """Return a label as people write it: "hiphop" -> "hip-hop"."""
    return NAMES.get(label, label)


def count_words(n: int) -> str:
    """Return a small number as people write it in a sentence: 10 -> "ten"."""
    return COUNTS[n] if n < len(COUNTS) else str(n)


def genre_choices(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Return (label, words) pairs for a form; what is none of the labels comes last."""
    return [(label, genre_name(label)) for label in (*labels, NO_GENRE)]
