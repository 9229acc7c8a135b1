"""Genre labels as pages write them, and the label for none of the genres."""

from __future__ import annotations

from collections.abc import Iterable

NO_GENRE = "none"  # what people say of music that is none of the model's genres
# GTZAN's labels have no spaces and hyphens.
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
    """Return a small number as a word: 10 -> "ten"."""
    return COUNTS[n] if n < len(COUNTS) else str(n)


def genre_choices(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Return (label, words) pairs for a form; what is none of the labels comes last."""
    return [(label, genre_name(label)) for label in (*labels, NO_GENRE)]
