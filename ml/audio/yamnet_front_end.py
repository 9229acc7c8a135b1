"""The front end of YAMNet, in NumPy.

Its mel bands are those of TensorFlow, with HTK's scale and triangles of equal height, which differ
from librosa's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ml.audio.mel_bands import hann

# Frames computed at a time, which bounds the memory of long recordings: about 40 s, 8 MB.
BLOCK_FRAMES = 4096


@dataclass(frozen=True)
class YamnetFrontEnd:
    """Log-scaled mel spectrogram cut into patches of about a second; the defaults are YAMNet's.

    Attributes
    ----------
    rate_hz : sampling rate of the samples, Hz
    window_length : length of the periodic Hann window, samples
    hop_length : distance between frames, samples
    n_fft : length of the Fourier transform, samples
    n_mels : number of mel bands
    low_hz, high_hz : the lowest band begins and the highest ends there, Hz
    log_offset : is added before the logarithm
    patch_frames : frames in one patch
    patch_hop_frames : distance between the beginnings of patches, frames

    References
    ----------
    Plakal & Ellis, "YAMNet" (2019), models/research/audioset/yamnet in the TensorFlow Model Garden.
    """

    rate_hz: int = 16_000
    window_length: int = 400
    hop_length: int = 160
    n_fft: int = 512
    n_mels: int = 64
    low_hz: float = 125.0
    high_hz: float = 7_500.0
    log_offset: float = 0.001
    patch_frames: int = 96
    patch_hop_frames: int = 48

    @property
    def patch_s(self) -> float:
        """Distance from the beginning of a patch's first frame to that after its last, seconds."""
        return self.patch_frames * self.hop_length / self.rate_hz

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, as the card of a bundle holds them."""
        return asdict(self)

    def spectrogram(self, samples: np.ndarray) -> np.ndarray:
        """Compute the log-mel spectrogram of a recording.

        Frames begin with the recording and are not centred; what fills no frame at its end is left
        out.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`, n >= window_length

        Returns
        -------
        np.ndarray [shape=(1 + (n - window_length) // hop_length, n_mels), dtype=float32],
            log(magnitude in mel bands + log_offset)
        """
        samples = samples.astype(np.float32, copy=False)
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.window_length)
        frames = frames[:: self.hop_length]
        window, bands = hann(self.window_length), _mel_bands(self)
        blocks = []
        for first in range(0, len(frames), BLOCK_FRAMES):
            windowed = frames[first : first + BLOCK_FRAMES] * window
            magnitude = np.abs(np.fft.rfft(windowed, self.n_fft, axis=1))
            blocks.append(np.log(magnitude @ bands + np.float32(self.log_offset)))
        return np.concatenate(blocks)

    def patches(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cut a recording into patches that overlap by half.

        A recording shorter than one patch is filled up with silence, as the published YAMNet does.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

        Returns
        -------
        patches : np.ndarray [shape=(n_patches, patch_frames, n_mels), dtype=float32], a view of
            one spectrogram
        starts_s : np.ndarray [shape=(n_patches,), dtype=float64], where each begins, seconds
        """
        shortest = (self.patch_frames - 1) * self.hop_length + self.window_length
        if samples.size < shortest:
            samples = np.pad(samples, (0, shortest - samples.size))
        windows = np.lib.stride_tricks.sliding_window_view(
            self.spectrogram(samples), self.patch_frames, axis=0
        )
        patches = windows[:: self.patch_hop_frames].transpose(0, 2, 1)
        starts = np.arange(len(patches)) * self.patch_hop_frames
        return patches, starts * self.hop_length / self.rate_hz


def _mel(hz: np.ndarray) -> np.ndarray:
    """Convert frequencies to HTK's mel scale."""
    return 1127.0 * np.log1p(hz / 700.0)


@lru_cache(maxsize=4)
def _mel_bands(settings: YamnetFrontEnd) -> np.ndarray:
    """Compute the triangles of the mel bands, as tf.signal.linear_to_mel_weight_matrix does.

    Returns
    -------
    np.ndarray [shape=(n_fft // 2 + 1, n_mels), dtype=float32]; the triangles are linear in mel and
    1 at their tops, and 0 Hz is in none of them
    """
    bins = _mel(np.linspace(0.0, settings.rate_hz / 2, settings.n_fft // 2 + 1))[:, None]
    edges = _mel(np.array([settings.low_hz, settings.high_hz]))
    corners = np.linspace(edges[0], edges[1], settings.n_mels + 2)
    low, top, high = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (bins - low) / (top - low), (high - bins) / (high - top)
    bands = np.maximum(0.0, np.minimum(rising, falling))
    bands[0] = 0.0
    return bands.astype(np.float32)
