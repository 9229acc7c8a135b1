"""The front end of the mel-cnn: mel bands in dB below the loudest one.

Light to import; librosa is loaded where audio is analysed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .front_ends import MelFrontEnd

# librosa's floor of power_to_db: what is digital silence is this, and not minus infinity.
MIN_POWER = 1e-10


@dataclass(frozen=True)
class MelDbFrontEnd(MelFrontEnd):
    """Mel spectrogram in dB relative to its own maximum, cut into patches.

    The defaults are the layout of the cache `logmel.npz`: 22 050 Hz, 2048-point Hann window, 128
    mel bands (librosa's defaults) every 77.5 ms, `power_to_db(ref=max, top_db=80)`; a patch is
    about 3 s. So 0 dB is the loudest band of the loudest frame, and nothing is below -80 dB.

    The reference is the maximum of what is given. In training that is a whole clip of 30 s; at
    serving it is a window of the recording, whatever its length, because the rest of the recording
    may still be on its way. The network is trained with its levels shifted at random for that.
    """

    # About 80 s, 20 MB.
    block_frames: ClassVar[int] = 1024
    rate_hz: int = 22_050
    n_fft: int = 2048
    hop_length: int = 1709
    n_mels: int = 128
    top_db: float = 80.0
    patch_frames: int = 39

    def spectrogram(self, samples: np.ndarray) -> np.ndarray:
        """Mel spectrogram of a recording.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

        Returns
        -------
        mel_db : np.ndarray [shape=(1 + n // hop_length, n_mels), dtype=float32], dB, in
            [-top_db, 0]
        """
        return relative_db(np.concatenate(list(self.mel_power(samples))), self.top_db)


def relative_db(power: np.ndarray, top_db: float = 80.0) -> np.ndarray:
    """Power to dB below its own maximum, floored at -top_db (librosa's power_to_db, ref=max)."""
    db = 10 * np.log10(np.maximum(power, MIN_POWER))
    return np.maximum(db - db.max(), -top_db).astype(np.float32)
