"""Genre labels as pages write them, and the label for none of the genres."""

from __future__ import annotations

from collections.abc import Iterable

from ml.data.gtzan import GENRES as GTZAN

NO_GENRE = "none"  # what people say of music that is none of the model's genres
NO_MUSIC = "no music"
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


def genre_choices(labels: Iterable[str], n_genres: int | None = None) -> list[tuple[str, str]]:
    """Return (label, words) pairs for a form; what is none of the labels comes last."""
    return [(label, genre_name(label, n_genres)) for label in (*labels, NO_GENRE)]


def are_gtzan(labels: Iterable[str]) -> bool:
    """Whether these are the ten genres of GTZAN, of which some pages tell the history."""
    return sorted(labels) == sorted(GTZAN)
