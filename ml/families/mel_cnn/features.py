"""The feature cache of the mel-cnn: mel spectrograms of clips.

The settings are those of the cache that the shipped models were trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.decode import decode
from ml.audio.front_ends import relative_db
from ml.data.feature_cache import MEL_CACHE
from ml.families.base import FeatureCache

RATE_HZ = 22_050
HOP = 512  # librosa's default, as is n_fft 2048; of these frames only every third or so is kept
COLUMNS = 387  # of a clip, 77.5 ms apart
CLIP_S = 30.0


def extract(path: Path) -> dict[str, np.ndarray]:
    """Compute the spectrogram of a clip.

    A clip that is not about 30 s long is cut there, or repeated until it is: a column must be the
    same time in every clip.

    Returns
    -------
    {"logmel_db": np.ndarray [shape=(128, 387), dtype=float16], dB below its maximum}

    Raises
    ------
    AudioError : the file cannot be analysed
    """
    import librosa

    samples = decode(path, rate_hz=RATE_HZ)
    if abs(samples.size / RATE_HZ - CLIP_S) > 1:
        samples = np.resize(samples, int(CLIP_S * RATE_HZ))
    power = librosa.feature.melspectrogram(y=samples, sr=RATE_HZ, hop_length=HOP)
    columns = np.arange(COLUMNS) + 0.5
    columns = (columns * power.shape[1] / (COLUMNS + 0.5)).astype(int)
    return {"logmel_db": relative_db(power)[:, columns].astype(np.float16)}


def combine(names: Sequence[str], clips: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Join clips to the arrays of the cache: logmel_db float16 (n, 128, 387); track (n,)."""
    return {
        "logmel_db": np.stack([clip["logmel_db"] for clip in clips]),
        "track": np.array(names),
    }


CACHE = FeatureCache(
    kind="mel",
    file=MEL_CACHE,
    settings={"rate_hz": RATE_HZ, "hop": HOP, "columns": COLUMNS, "clip_s": CLIP_S},
    extract=extract,
    combine=combine,
)
