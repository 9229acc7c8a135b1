"""Genres as pages and forms need them."""

from __future__ import annotations

from collections.abc import Iterable

from ml.data.gtzan import GENRES as GTZAN
from ml.genre_words import NAMES, NO_GENRE, NO_MUSIC, count_words, genre_name

__all__ = [
    "NO_GENRE",
    "NO_MUSIC",
    "are_gtzan",
    "count_words",
    "genre_choices",
    "genre_label",
    "genre_name",
]

LONGEST = 32
NO_LABELS = (NO_GENRE, NO_MUSIC, "unknown", "other")  # what is no genre


def genre_choices(labels: Iterable[str], n_genres: int | None = None) -> list[tuple[str, str]]:
    """Return (label, words) pairs for a form; what is none of the labels comes last."""
    return [(label, genre_name(label, n_genres)) for label in (*labels, NO_GENRE)]


def are_gtzan(labels: Iterable[str]) -> bool:
    """Whether these are the ten genres of GTZAN, of which some pages tell the history."""
    return sorted(labels) == sorted(GTZAN)


def genre_label(text: str) -> str:
    """Return the label of a genre that somebody has named: "Drum & Bass" -> "drum & bass".

    "" where it can name none: a label begins with a letter or digit and has 32 characters at most.
    """
    label = " ".join(text.casefold().split())
    label = {name: known for known, name in NAMES.items()}.get(label, label)
    is_one = label[:1].isalnum() and label.isprintable() and len(label) <= LONGEST
    return label if is_one and label not in NO_LABELS else ""
