"""Genres as words in tags: the word that is written, and what the words of others mean."""

from __future__ import annotations

import re

# As most music is tagged: with capitals. A genre that a site was taught is written like that too.
WRITTEN = {"hiphop": "Hip-Hop"}
# What the words in tags mean, where they mean one of the ten without doubt: the genre itself, its
# spellings, and styles that are a part of it in every book. What lies between two of the ten (Blues
# Rock, Country Rock, Pop Rock, Jazz Fusion, Rap Metal), next to them (Soul, Funk, R&B, Folk,
# Bluegrass, Ska, Punk), or is a mood or an occasion, is left out: of it nothing is said.
MEANT = {
    "blues": (
        "blues", "delta blues", "chicago blues", "electric blues", "acoustic blues",
        "country blues", "texas blues",
    ),
    "classical": (
        "classical", "classical music", "classic music", "baroque", "chamber music", "symphony",
        "opera", "orchestral music", "romantic classical", "concerto", "sonata",
    ),
    "country": (
        "country", "country music", "outlaw country", "honky tonk", "traditional country",
        "contemporary country", "nashville sound",
    ),
    "disco": ("disco", "disco music", "euro disco", "italo disco"),
    "hiphop": (
        "hip hop", "hiphop", "rap", "hip hop rap", "rap hip hop", "gangsta rap", "gangsta",
        "east coast hip hop", "west coast hip hop", "underground hip hop", "conscious hip hop",
        "boom bap", "southern hip hop",
    ),
    "jazz": (
        "jazz", "bebop", "be bop", "hard bop", "swing", "cool jazz", "vocal jazz", "big band",
        "free jazz", "latin jazz", "dixieland", "modal jazz", "post bop",
    ),
    "metal": (
        "metal", "heavy metal", "death metal", "black metal", "thrash metal", "doom metal",
        "power metal", "speed metal", "progressive metal", "melodic death metal", "thrash",
    ),
    "pop": ("pop", "pop music", "teen pop", "dance pop", "synthpop", "synth pop", "electropop"),
    "reggae": ("reggae", "roots reggae", "dub", "dancehall", "lovers rock", "rocksteady"),
    "rock": (
        "rock", "rock music", "hard rock", "classic rock", "alternative rock", "indie rock",
        "rock and roll", "rock n roll", "rock roll", "garage rock", "progressive rock", "grunge",
        "psychedelic rock", "arena rock",
    ),
}  # fmt: skip
_BY_WORD = {word: genre for genre, words in MEANT.items() for word in words}
_SEPARATORS = re.compile(r"[;/|,\\]|\x00")
_NOT_LETTERS = re.compile(r"[\W_]+")


def tag_word(genre: str) -> str:
    """Return the word that is written for a label: "hiphop" -> "Hip-Hop", "jazz" -> "Jazz"."""
    return WRITTEN.get(genre) or " ".join(part.capitalize() for part in genre.split())


def meant_genre(words: tuple[str, ...], labels: tuple[str, ...]) -> str | None:
    """Return the one label that the genres in a file's tags mean, or None.

    None where a word is not known, or where the words mean several labels: silence is better than
    a guess of what a person meant.

    Parameters
    ----------
    words : the values of the genre's field; one value may hold several, as "Jazz; Bebop"
    labels : genres of a model; one that a site was taught is known by its own name
    """
    meant = _meanings(words, labels)
    return meant.pop() if len(meant) == 1 else None


def means_several(words: tuple[str, ...], labels: tuple[str, ...]) -> bool:
    """Return whether the genres in a file's tags mean several labels, or one and something else."""
    return len(_meanings(words, labels)) > 1


def _meanings(words: tuple[str, ...], labels: tuple[str, ...]) -> set[str | None]:
    """The labels that words mean; None is among them for what means none."""
    own = {_folded(form): label for label in labels for form in (tag_word(label), label)}
    parts: list[str] = []
    for value in words:
        whole = _folded(value)
        parts += [whole] if whole in _BY_WORD else map(_folded, _SEPARATORS.split(value))
    found = {own.get(part) or _BY_WORD.get(part) for part in parts if part}
    return {genre if genre in labels else None for genre in found}


def _folded(word: str) -> str:
    return _NOT_LETTERS.sub(" ", word.casefold()).strip()
