"""Training clips: the spectrograms of a feature cache, and segments cut from them."""

from __future__ import annotations

import numpy as np

from ml.data.feature_cache import Clips


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
    from sklearn.model_selection import StratifiedGroupKFold

    if not share:
        return np.arange(len(clips)), np.arange(0)
    folds = StratifiedGroupKFold(max(2, round(1 / share)), shuffle=True, random_state=seed)
    return next(iter(folds.split(clips.names, clips.y, clips.groups)))
