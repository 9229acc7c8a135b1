"""Recordings with what people said of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NONE = "none"  # said of what is none of the genres
FOLDS = 10


@dataclass(frozen=True)
class Taught:
    """Recordings that people judged, one row each.

    Attributes
    ----------
    x : np.ndarray [shape=(n, d), dtype=float64], what a head multiplies
    said : np.ndarray [shape=(n,), dtype=str], a genre each, or NONE
    groups : np.ndarray [shape=(n,), dtype=str], equal where two are of one artist
    drawn : np.ndarray [shape=(n,), dtype=bool], whether it was drawn at random: shares are told of
        these alone
    at : np.ndarray [shape=(n,), dtype=float64], when it was judged, seconds since 1970
    """

    x: np.ndarray
    said: np.ndarray
    groups: np.ndarray
    drawn: np.ndarray
    at: np.ndarray

    def __len__(self) -> int:
        return len(self.said)

    @property
    def n_groups(self) -> int:
        return len(set(self.groups.tolist()))

    def take(self, rows: np.ndarray) -> Taught:
        """Return some of them, by position or by a mask."""
        return Taught(
            self.x[rows], self.said[rows], self.groups[rows], self.drawn[rows], self.at[rows]
        )

    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Deal (learn, held out) positions; no artist is on both sides, the held out cover all."""
        names, codes, sizes = np.unique(self.groups, return_inverse=True, return_counts=True)
        fold_of, filled = np.zeros(len(names), int), np.zeros(min(FOLDS, len(names)), int)
        for group in np.argsort(-sizes, kind="stable"):  # large ones first, then by name
            fold_of[group] = filled.argmin()
            filled[fold_of[group]] += sizes[group]
        held = fold_of[codes]
        return [(np.flatnonzero(held != k), np.flatnonzero(held == k)) for k in range(len(filled))]


def artist_shares(groups: np.ndarray, power: float) -> np.ndarray:
    """Weigh each row by (rows of its artist) ** -power; an artist's only row weighs 1."""
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights: np.ndarray = sizes[codes].astype(np.float64) ** -power
    return weights
