"""Loudness normalisation of windows."""

from __future__ import annotations

import numpy as np

# A recording that needs more gain than this is likely a noise floor without music.
MAX_GAIN_DB = 30.0


def raise_level(samples: np.ndarray, target_db: float | None) -> np.ndarray:
    """Raise a quiet window to a level; loud ones stay as they are.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32]
    target_db : RMS level, dB of full scale; None leaves every window as it is

    Returns
    -------
    np.ndarray of the same shape and dtype; the very samples where nothing changes
    """
    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    if target_db is None or power == 0:
        return samples
    gain_db = min(target_db - 10 * np.log10(power), MAX_GAIN_DB)
    return samples * np.float32(10 ** (gain_db / 20)) if gain_db > 0 else samples
