"""Recordings that nobody made, as numbers: drawn as the shipped model learned each kind of music.

Only features, which are all that learning needs.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ml.learning.base import Base, load_base
from ml.learning.taught import Taught
from ml.registry.bundles import SHIPPED

BASE_ID = "musicnn-yamnet-1"
SEED = 7  # not that of Base.drawn


@cache
def base() -> Base:
    return load_base(SHIPPED.card(BASE_ID))


def music(kind: str, n: int, seed: int = SEED) -> np.ndarray:
    """Features [shape=(n, d)] of a kind: a genre, a kind of other music, "no music"."""
    return base().moments.draw(base().moments.names.index(kind), n, seed)


def ballads(n: int, seed: int = SEED) -> np.ndarray:
    """A kind that lies between two genres, which the shipped model takes for pop."""
    moments = base().moments
    pop, country = (moments.means[moments.names.index(kind)] for kind in ("pop", "country"))
    apart = music("country", n, seed) - country
    return 0.64 * pop + 0.36 * country + 0.15 * apart


def taught(*parts: tuple[np.ndarray, str], per_artist: int = 2, drawn: bool = True) -> Taught:
    """Recordings with what people said; an artist has so many of a part."""
    x = np.concatenate([features for features, _ in parts])
    said = np.concatenate([[label] * len(features) for features, label in parts])
    groups = np.concatenate(
        [
            [f"{part}-{i // per_artist}" for i in range(len(features))]
            for part, (features, _) in enumerate(parts)
        ]
    )
    at = np.arange(len(said), dtype=np.float64)
    return Taught(x, said, groups, np.full(len(said), drawn), at)


def each_genre(n: int) -> list[tuple[np.ndarray, str]]:
    """So many of each genre, said to be what they are."""
    return [(music(label, n), label) for label in base().card.labels]
