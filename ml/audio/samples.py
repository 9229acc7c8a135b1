"""What samples must be to be classified, whoever decoded them. Loads no decoder."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ml.errors import AudioTooLong, AudioTooShort, NoSound, SilentAudio

MIN_DURATION_S = 1.0
# -80 dBFS: below the noise floor of any recording of music, above dither.
SILENCE_PEAK = 1e-4


def join(blocks: Iterable[np.ndarray], rate_hz: int) -> np.ndarray:
    """Join the blocks of a recording.

    Parameters
    ----------
    blocks : of np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
    rate_hz : their sampling rate, Hz

    Returns
    -------
    samples : np.ndarray [shape=(n,), dtype=float32]

    Raises
    ------
    NoSound : there is no block
    AudioTooShort, SilentAudio : as `check`
    """
    found = list(blocks)
    if not found:
        raise NoSound("holds no sound")
    samples = np.concatenate(found)
    check(samples, rate_hz)
    return samples


def check(samples: np.ndarray, rate_hz: int) -> None:
    """Raise AudioTooShort below `MIN_DURATION_S`, SilentAudio where all is below -80 dBFS."""
    if samples.size < MIN_DURATION_S * rate_hz:
        raise AudioTooShort(f"less than {MIN_DURATION_S:g} s of sound")
    if float(np.max(np.abs(samples))) < SILENCE_PEAK:
        raise SilentAudio("silent: the loudest sample is below -80 dBFS")


def too_long(max_duration_s: float) -> AudioTooLong:
    """Return the refusal of a recording that is longer than the limit."""
    minutes = max_duration_s / 60
    return AudioTooLong(f"longer than the limit of {minutes:g} minutes", minutes=minutes)
