"""A map of songs: the two directions in which they differ most, for a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier import serving
from classifier.models import Classification

from .nearest import space
from .songs import Viewer
from .vectors import space_of

MOST = 1500  # points, which a browser draws at once
WIDTH, HEIGHT, MARGIN = 960, 620, 16


@dataclass(frozen=True)
class Point:
    """A song and where it is drawn, in the units of the picture."""

    classification: Classification
    x: float
    y: float


@dataclass(frozen=True)
class SongMap:
    """Points, and what they leave out.

    Attributes
    ----------
    n : songs that could be shown; `points` are the latest MOST of them
    kept : the share of all differences that the two directions have
    """

    points: list[Point]
    n: int
    kept: float


def song_map(viewer: Viewer) -> SongMap:
    """Lay out the songs that a viewer may see, by the principal components of their vectors."""
    name = space_of(serving.card())
    if not name:
        return SongMap([], 0, 0.0)
    found = space(name)
    visible = np.flatnonzero(viewer.visible(found))
    chosen = visible[-MOST:]
    vectors, songs = found.vectors[chosen].astype(np.float64), found.songs[chosen]
    if len(chosen) < 3:
        return SongMap([], len(visible), 0.0)
    places, kept = principal_two(vectors)
    rows = Classification.objects.without_details().in_bulk(songs.tolist())
    points = [
        Point(row, round(float(x), 1), round(float(y), 1))
        for pk, (x, y) in zip(songs.tolist(), _in_picture(places), strict=True)
        if (row := rows.get(pk)) is not None
    ]
    return SongMap(points, len(visible), kept)


def principal_two(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Project vectors [shape=(n, d)] on their first two principal components.

    The sign of a component is chosen so that its largest weight is positive: a picture does not
    turn over from one day to the next.

    Returns
    -------
    places [shape=(n, 2)], and their share of the variance
    """
    centred = vectors - vectors.mean(axis=0)
    values, weights = np.linalg.eigh(centred.T @ centred)
    first = weights[:, ::-1][:, :2]
    first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
    total = float(values.sum())
    return centred @ first, float(values[-2:].sum()) / total if total > 0 else 0.0


def _in_picture(places: np.ndarray) -> np.ndarray:
    low, high = places.min(axis=0), places.max(axis=0)
    size = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    return MARGIN + (places - low) / np.where(high > low, high - low, 1) * size
