"""Folds of cross-validation in which no artist is on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Pairs of positions, (learn, held out).
Folds = Sequence[tuple[np.ndarray, np.ndarray]]


def grouped_folds(y: np.ndarray, groups: Sequence[str], *, n_folds: int, seed: int) -> Folds:
    """Deal tracks into folds that keep artists whole and spread genres evenly.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), dtype=int], the genres
    groups : n strings, equal where two tracks share an artist

    Returns
    -------
    `n_folds` pairs of positions [dtype=int64], (learn, held out); the held-out sides cover all
    tracks once
    """
    # Imported here: scikit-learn is heavy, and pages import ml.data.
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y, groups))
