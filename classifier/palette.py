"""The colours of genres: the one source of the style sheets, the share image and the plots.

`python -m scripts.palette` writes them into static/css. Each is at least 4.6:1 on every ground of
its theme. The ten that have names, and the first `N_APART` of the spare ones, stay apart in
simulated deuteranopia, protanopia and tritanopia: tests/test_colours.py has the measures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32


@dataclass(frozen=True)
class Colour:
    """One genre's colour on a light page, and on a dark one."""

    light: str
    dark: str


GENRES = {
    "blues": Colour("#2c58a0", "#1d9cfa"),
    "classical": Colour("#9b5103", "#ffcfa4"),
    "country": Colour("#543e00", "#f9c408"),
    "disco": Colour("#5c0b68", "#e16ec2"),
    "hiphop": Colour("#0d42e2", "#d9baff"),
    "jazz": Colour("#00707a", "#88fdff"),
    "metal": Colour("#151924", "#b9bcbc"),
    "pop": Colour("#a4195e", "#f96c8b"),
    "reggae": Colour("#406e3f", "#4db256"),
    "rock": Colour("#520000", "#df7b03"),
}
# For labels that an operator's own model brings. Found by a search over all colours of enough
# contrast: the first twelve for the largest of all smallest distances to each other and, at 0.6 of
# the weight, to the ten above; then eight more for the same, the twelve as they are.
SPARE = (
    Colour("#0000fc", "#f0aea2"),
    Colour("#7e3642", "#fcea00"),
    Colour("#a812c6", "#ea54fc"),
    Colour("#000036", "#ea723c"),
    Colour("#000078", "#d8fcea"),
    Colour("#5a6090", "#9cf666"),
    Colour("#1e0000", "#fcfca8"),
    Colour("#845424", "#f0a212"),
    Colour("#063c96", "#bac0e4"),
    Colour("#7e0660", "#cc7ea2"),
    Colour("#0000ba", "#cc8ae4"),
    Colour("#063618", "#96cc72"),
    Colour("#7830f8", "#bcfcc4"),
    Colour("#280858", "#88dcd4"),
    Colour("#c4045c", "#949868"),
    Colour("#584824", "#18ac3c"),
    Colour("#4c0030", "#bcc458"),
    Colour("#5c3884", "#a89084"),
    Colour("#446464", "#58fc80"),
    Colour("#2c304c", "#68e8c0"),
)
N_APART = 12


def slots() -> dict[str, Colour]:
    """Return every slot of the palette, as style sheets name it, with its colour."""
    return GENRES | {f"spare-{n}": colour for n, colour in enumerate(SPARE, 1)}


def slot(label: str, models: tuple[tuple[str, ...], ...]) -> str:
    """Return the slot of a label: its own, or a spare one that no other label of its model has.

    Parameters
    ----------
    models : the labels of every model at hand. A label has one slot in all of them. It depends on
        the labels that share a model with it alone, so other models may come and go.
    """
    if label in GENRES:
        return label
    n = _spare(models).get(label)
    # Of a model that has been retired: the same colour each time, if not one for it alone.
    return f"spare-{1 + (crc32(label.encode()) % len(SPARE) if n is None else n)}"


def sleeve(slot: str) -> str:
    """Return the drawing in static/img/sleeves.svg of a slot; spare ones share those of the ten."""
    drawn = list(GENRES)
    return slot if slot in GENRES else drawn[int(slot.removeprefix("spare-")) % len(drawn)]


@lru_cache(maxsize=8)
def _spare(models: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    """Give each label without a colour of its own the first spare one that is free beside it.

    Where a model has more such labels than there are spare colours, they are shared evenly.
    """
    given: dict[str, int] = {}
    for label in (label for labels in models for label in labels if label not in GENRES):
        if label not in given:
            beside = {other for labels in models if label in labels for other in labels}
            taken = Counter(given[other] for other in beside if other in given)
            given[label] = min(range(len(SPARE)), key=lambda n: (taken[n], n))
    return given
