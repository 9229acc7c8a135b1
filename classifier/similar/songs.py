"""Similar songs as somebody may see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.conf import settings

from classifier import serving
from classifier.models import Classification, HistoryEntry

from .nearest import Space, space
from .vectors import space_of, unit_vector

N = 6
SPARE = 20  # copies of one recording, and songs that were deleted since


@dataclass(frozen=True)
class Viewer:
    """Who looks.

    Attributes
    ----------
    visitor : whose history may be shown; "" for nobody's
    sees_collection : whether they may see the operator's music
    """

    visitor: str = ""
    sees_collection: bool = False

    def visible(self, found: Space) -> np.ndarray:
        """Tell which songs this viewer may see: never what others alone have asked for."""
        sources = {Classification.Source.LIBRARY.value}
        if self.sees_collection:
            sources.add(Classification.Source.COLLECTION.value)
        if settings.SIMILAR_FROM_ALL:
            sources.add(Classification.Source.YOUTUBE.value)
        own = np.zeros(0, np.int64)
        if self.visitor:
            entries = HistoryEntry.objects.for_visitor(self.visitor).order_by()
            own = np.array(list(entries.values_list("classification_id", flat=True)), np.int64)
        return found.visible(sources, own)


@dataclass(frozen=True)
class Similar:
    """A song that sounds like another; `likeness` is the cosine of their vectors."""

    classification: Classification
    likeness: float


def similar_songs(song: Classification, viewer: Viewer, n: int = N) -> list[Similar]:
    """Return the songs that sound most like an answered one, among those that a viewer may see."""
    card, name = serving.card_of(song), space_of(serving.card())
    # Of other models there may be no vectors, and two spaces would take each other's memory.
    if card is None or not song.is_done or space_of(card) != name:
        return []
    vector = unit_vector(card, song.features)
    if vector is None:
        return []
    found = space(name)
    near = found.nearest(vector, viewer.visible(found), n + SPARE)
    rows = Classification.objects.without_details().in_bulk([one.pk for one in near])
    seen = {(song.source, song.source_id)}
    songs = []
    for one in near:
        row = rows.get(one.pk)
        if row is None or (row.source, row.source_id) in seen:
            continue
        seen.add((row.source, row.source_id))
        songs.append(Similar(row, one.cosine))
    return songs[:n]
