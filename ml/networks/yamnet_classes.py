"""The names of YAMNet's classes, AudioSet's ontology (Google, CC BY 4.0), in order of its outputs.

As tags they stand beside those of MusiCNN, so some are put in other words: shorter ones, and
different ones where MusiCNN has a tag of the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

# From "Music" to "Scary music": instruments, genres, moods.
MUSIC = tuple(range(132, 277))

# AudioSet's name -> the tag, where it is not the name in lower case.
TAGS = {
    # MusiCNN has tags of these names.
    "Blues": "blues music",
    "Country": "country music",
    "Electronica": "electronica music",
    "Funk": "funk music",
    "Guitar": "guitar sound",
    "Heavy metal": "heavy metal music",
    "Jazz": "jazz music",
    "Progressive rock": "progressive rock music",
    # Shorter, as musicians say them.
    "Bowed string instrument": "bowed strings",
    "Brass instrument": "brass",
    "Change ringing (campanology)": "change ringing",
    "Jingle (music)": "jingle",
    "Keyboard (musical)": "keyboard",
    "Marimba, xylophone": "marimba or xylophone",
    "Plucked string instrument": "plucked strings",
    "Scratching (performance technique)": "turntable scratching",
    "Steel guitar, slide guitar": "steel guitar",
    "Tapping (guitar technique)": "guitar tapping",
    "Violin, fiddle": "violin or fiddle",
    "Wind instrument, woodwind instrument": "woodwinds",
    # Proper nouns.
    "Christian music": "Christian music",
    "Christmas music": "Christmas music",
    "French horn": "French horn",
    "Hammond organ": "Hammond organ",
    "Carnatic music": "Carnatic music",
    "Middle Eastern music": "Middle Eastern music",
    "Music of Africa": "African music",
    "Music of Asia": "Asian music",
    "Music of Bollywood": "Bollywood music",
    "Music of Latin America": "Latin American music",
    "A capella": "a cappella",
}


@cache
def class_names() -> tuple[str, ...]:
    """Return AudioSet's names of all 521 classes."""
    path = Path(__file__).with_suffix(".txt")
    return tuple(path.read_text(encoding="utf-8").splitlines())


def tag_of(name: str) -> str:
    """Return a class's name as a tag: "Hip hop music" -> "hip hop music"."""
    return TAGS.get(name, name.lower())


def tags_of(classes: Sequence[int]) -> tuple[str, ...]:
    """Return the tags of classes, given their indices."""
    names = class_names()
    return tuple(tag_of(names[i]) for i in classes)
