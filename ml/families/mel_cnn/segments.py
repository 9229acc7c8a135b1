"""Training clips: the spectrograms of a feature cache, and segments cut from them."""

from __future__ import annotations

import numpy as np

from ml.data.feature_cache import Clips
from ml.data.folds import grouped_folds


def cut(mel_db: np.ndarray, patch_frames: int) -> np.ndarray:
    """Cut clips end to end into segments.

    [shape=(n, frames, mels)] -> [shape=(n, frames // patch_frames, patch_frames, mels)]; what is
    left at a clip's end is dropped.
    """
    n, frames, mels = mel_db.shape
    count = frames // patch_frames
    return mel_db[:, : count * patch_frames].reshape(n, count, patch_frames, mels)


def valid_rows(clips: Clips, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the clips to learn from and to stop by; no artist is on both sides."""
    if not share:
        return np.arange(len(clips)), np.arange(0)
    n_folds = max(2, round(1 / share))
    return grouped_folds(clips.y, clips.groups, n_folds=n_folds, seed=seed)[0]
