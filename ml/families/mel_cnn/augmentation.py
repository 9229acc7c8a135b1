"""Augmentation: random segments, with their level shifted and parts masked.

All random numbers are of the generator that is passed, so an epoch is a function of its seed.
"""

from __future__ import annotations

import numpy as np


def random_crops(
    clips: np.ndarray, rng: np.random.Generator, *, count: int, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut random segments of every clip.

    Parameters
    ----------
    clips : np.ndarray [shape=(n, clip_frames, mels)]
    count : segments a clip
    frames : length of a segment

    Returns
    -------
    segments : np.ndarray [shape=(n * count, frames, mels), dtype=float32], in random order
    owners : np.ndarray [shape=(n * count,), dtype=int64], the clip of each
    """
    owners = rng.permutation(np.repeat(np.arange(len(clips)), count))
    starts = rng.integers(0, clips.shape[1] - frames + 1, len(owners))
    segments = np.empty((len(owners), frames, clips.shape[2]), np.float32)
    for segment, owner, start in zip(segments, owners, starts, strict=True):
        segment[:] = clips[owner, start : start + frames]
    return segments, owners


def shift_level(
    segments: np.ndarray, rng: np.random.Generator, *, gain_db: float, floor_db: float = -80.0
) -> np.ndarray:
    """Shift the level of each segment by up to +-gain_db; nothing falls below the floor.

    This is needed because 0 dB is the maximum of what is given, which is a whole clip in training
    and a window of a song at serving.

    Parameters
    ----------
    segments : np.ndarray [shape=(n, frames, mels), dtype=float32], dB

    Returns
    -------
    np.ndarray of the same shape and dtype
    """
    gains = rng.uniform(-gain_db, gain_db, (len(segments), 1, 1)).astype(np.float32)
    return np.maximum(segments + gains, floor_db)


def mask(
    segments: np.ndarray, rng: np.random.Generator, *, time: int, frequency: int
) -> np.ndarray:
    """Mask up to `time` consecutive frames and up to `frequency` mel bands of each segment.

    Masked values become the segment's mean, which carries no information.

    Parameters
    ----------
    segments : np.ndarray [shape=(n, frames, mels)], dB

    Returns
    -------
    np.ndarray of the same shape

    References
    ----------
    Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition"
    (2019).
    """
    masked = segments.copy()
    for axis, most in ((1, time), (2, frequency)):
        size = segments.shape[axis]
        widths = rng.integers(0, min(most, size) + 1, len(segments))
        starts = rng.integers(0, size - widths + 1)
        positions = np.arange(size)
        hidden = (positions >= starts[:, None]) & (positions < (starts + widths)[:, None])
        hidden = hidden[:, :, None] if axis == 1 else hidden[:, None, :]
        masked = np.where(hidden, segments.mean(axis=(1, 2), keepdims=True), masked)
    return masked
