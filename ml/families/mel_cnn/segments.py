"""Segments of clips, and the clips that are kept back for early stopping."""

from __future__ import annotations

import numpy as np

from ml.data.feature_cache import Clips
from ml.data.folds import grouped_folds


def cut(mel_db: np.ndarray, patch_frames: int) -> np.ndarray:
    """Cut clips end to end into segments; the remainder of a clip is dropped.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n, frames, mels)]

    Returns
    -------
    np.ndarray [shape=(n, frames // patch_frames, patch_frames, mels)]
    """
    n, frames, mels = mel_db.shape
    count = frames // patch_frames
    return mel_db[:, : count * patch_frames].reshape(n, count, patch_frames, mels)


def valid_rows(clips: Clips, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide clips into those to train on and those to validate on, with no artist in both.

    Parameters
    ----------
    share : of the clips to validate on, about; 0 for none

    Returns
    -------
    learn, stop : positions in the clips, np.ndarray [dtype=int64]
    """
    if not share:
        return np.arange(len(clips)), np.arange(0)
    n_folds = max(2, round(1 / share))
    return grouped_folds(clips.y, clips.groups, n_folds=n_folds, seed=seed)[0]
