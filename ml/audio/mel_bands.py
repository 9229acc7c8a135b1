"""Windows and mel filter banks as librosa has them, without numba, which takes seconds to load.

References
----------
Slaney, "Auditory Toolbox", version 2 (1998), for the scale.
McFee et al., `librosa.filters.mel` with its defaults (`htk=False`, `norm="slaney"`), which
tests/ml/audio/test_mel_bands.py compares these with.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# Slaney's scale: linear up to 1 kHz, 200 / 3 Hz a mel, and above it 27 mels a factor of 6.4.
HZ_A_MEL = 200.0 / 3
KNEE_HZ = 1000.0
KNEE_MEL = KNEE_HZ / HZ_A_MEL
LOG_STEP = np.log(6.4) / 27


def mel_frequencies(n: int, high_hz: float) -> np.ndarray:
    """Return n frequencies from 0 to `high_hz`, equally far apart on Slaney's mel scale.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64], Hz
    """
    mels = np.linspace(0.0, _mel(high_hz), n)
    above = KNEE_HZ * np.exp(LOG_STEP * np.maximum(0.0, mels - KNEE_MEL))
    return np.where(mels < KNEE_MEL, mels * HZ_A_MEL, above)


@lru_cache(maxsize=8)
def mel_bands(rate_hz: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Return the triangles of mel bands from 0 Hz to half the sampling rate.

    Returns
    -------
    np.ndarray [shape=(n_mels, 1 + n_fft // 2), dtype=float32], read-only; each triangle has an
    area of 1 over its frequencies in Hz
    """
    corners = mel_frequencies(n_mels + 2, rate_hz / 2)
    bins = np.fft.rfftfreq(n_fft, 1 / rate_hz)
    low, top, high = (corners[i : i + n_mels, None] for i in range(3))
    rising, falling = (bins - low) / (top - low), (high - bins) / (high - top)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    bands = (triangles * (2.0 / (high - low))).astype(np.float32)
    bands.flags.writeable = False
    return bands


@lru_cache(maxsize=8)
def hann(length: int) -> np.ndarray:
    """Return the periodic Hann window [shape=(length,), dtype=float32], read-only."""
    angles = 2 * np.pi * np.arange(length) / length
    window = (0.5 - 0.5 * np.cos(angles)).astype(np.float32)
    window.flags.writeable = False
    return window


def _mel(hz: float) -> float:
    if hz < KNEE_HZ:
        return hz / HZ_A_MEL
    return KNEE_MEL + float(np.log(hz / KNEE_HZ)) / LOG_STEP
