"""The front end of the mel-cnn: mel bands in dB below the loudest one.

Light to import; librosa is loaded where audio is analysed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

# Frames a block of the spectrogram; bounds the memory of long recordings (about 80 s, 20 MB).
BLOCK_FRAMES = 1024
# librosa's floor of power_to_db: what is digital silence is this, and not minus infinity.
MIN_POWER = 1e-10


@dataclass(frozen=True)
class MelDbFrontEnd:
    """Mel spectrogram in dB relative to its own maximum, cut into patches.

    The defaults are the layout of the cache `logmel.npz`: 22 050 Hz, 2048-point Hann window, 128
    mel bands (librosa's defaults) every 77.5 ms, `power_to_db(ref=max, top_db=80)`; a patch is
    about 3 s. So 0 dB is the loudest band of the loudest frame, and nothing is below -80 dB.

    The reference is the maximum of what is given. In training that is a whole clip of 30 s; at
    serving it is a window of the recording, whatever its length, because the rest of the recording
    may still be on its way. The network is trained with its levels shifted at random for that.
    """

    rate_hz: int = 22_050
    n_fft: int = 2048
    hop_length: int = 1709
    n_mels: int = 128
    top_db: float = 80.0
    patch_frames: int = 39

    @property
    def patch_s(self) -> float:
        """Duration of one patch, seconds."""
        return self.patch_frames * self.hop_length / self.rate_hz

    def to_dict(self) -> dict:
        return asdict(self)

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
        return relative_db(np.concatenate(list(self._blocks(samples))), self.top_db)

    def _blocks(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Mel power, (frames, n_mels), block after block."""
        import librosa  # slow to import, and needed only where audio is analysed

        # Padded once, as librosa's center=True does, so that blocks join without a seam.
        padded = np.pad(samples.astype(np.float32, copy=False), self.n_fft // 2)
        n_frames = 1 + samples.size // self.hop_length
        for first in range(0, n_frames, BLOCK_FRAMES):
            count = min(BLOCK_FRAMES, n_frames - first)
            start = first * self.hop_length
            mel = librosa.feature.melspectrogram(
                y=padded[start : start + (count - 1) * self.hop_length + self.n_fft],
                sr=self.rate_hz,
                n_fft=self.n_fft,
                hop_length=self.hop_length,
                n_mels=self.n_mels,
                center=False,
            )
            yield mel.T

    def patches(self, samples: np.ndarray, *, hop_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut a recording into patches; one shorter than a patch is repeated until it fills one.

        Returns
        -------
        patches : np.ndarray [shape=(n_patches, patch_frames, n_mels), dtype=float32], dB
        starts_s : np.ndarray [shape=(n_patches,), dtype=float64], where each begins, seconds
        """
        mel_db = self.spectrogram(samples)
        if len(mel_db) < self.patch_frames:
            mel_db = np.resize(mel_db, (self.patch_frames, self.n_mels))
        starts = np.arange(0, len(mel_db) - self.patch_frames + 1, hop_frames)
        windows = np.lib.stride_tricks.sliding_window_view(mel_db, self.patch_frames, axis=0)
        patches = np.ascontiguousarray(windows[starts].transpose(0, 2, 1))
        return patches, starts * self.hop_length / self.rate_hz


def relative_db(power: np.ndarray, top_db: float = 80.0) -> np.ndarray:
    """Power to dB below its own maximum, floored at -top_db (librosa's power_to_db, ref=max)."""
    db = 10 * np.log10(np.maximum(power, MIN_POWER))
    return np.maximum(db - db.max(), -top_db).astype(np.float32)
