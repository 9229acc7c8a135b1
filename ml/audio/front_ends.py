"""Front ends: from samples to the spectrogram patches that a network takes.

Training and serving use the same frozen dataclass, whose settings are saved in the bundle's card,
so the two cannot differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from ml.audio.loudness import raise_level
from ml.audio.mel_bands import hann, mel_bands

# Louder than any recording. Samples of a broken file are clipped there, so that its spectrogram
# stays finite and the rest of it is not made to look faint.
MAX_SAMPLE = 100.0


@dataclass(frozen=True)
class MelFrontEnd(ABC):
    """Base of the front ends, which differ in their settings and in how power is scaled.

    Attributes
    ----------
    block_frames : frames computed at a time, which bounds the memory of long recordings
    rate_hz : sampling rate of the samples, Hz
    n_fft : length of the Hann window, samples
    hop_length : distance between frames, samples
    n_mels : number of mel bands
    patch_frames : frames in one patch
    """

    block_frames: ClassVar[int]
    rate_hz: int
    n_fft: int
    hop_length: int
    n_mels: int
    patch_frames: int

    @abstractmethod
    def spectrogram(self, samples: np.ndarray) -> np.ndarray:
        """Compute the spectrogram of a recording.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

        Returns
        -------
        np.ndarray [shape=(1 + n // hop_length, n_mels), dtype=float32]
        """

    @property
    def patch_s(self) -> float:
        """Duration of one patch, seconds."""
        return self.patch_frames * self.hop_length / self.rate_hz

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, as the card of a bundle holds them."""
        return asdict(self)

    def mel_power(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Compute power in mel bands, block after block.

        Yields
        ------
        np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        """
        # Zero padding by half a window on both sides is librosa's center=True; done here once, so
        # that blocks of a long recording join without a seam.
        padded = np.pad(samples.astype(np.float32, copy=False), self.n_fft // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)
        frames = frames[:: self.hop_length][: 1 + samples.size // self.hop_length]
        window = hann(self.n_fft)
        bands = mel_bands(self.rate_hz, self.n_fft, self.n_mels).T
        for first in range(0, len(frames), self.block_frames):
            spectrum = np.fft.rfft(frames[first : first + self.block_frames] * window, axis=1)
            yield (np.square(spectrum.real) + np.square(spectrum.imag)) @ bands

    def patches(
        self, samples: np.ndarray, *, hop_frames: int, raise_to_db: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cut a recording into patches.

        A recording shorter than one patch is repeated until it fills one, as MusiCNN's own
        training did ("repeat-pad").

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
        hop_frames : distance between the beginnings of patches, frames
        raise_to_db : a quieter recording is raised to this RMS level first, dB of full scale

        Returns
        -------
        patches : np.ndarray [shape=(n_patches, patch_frames, n_mels), dtype=float32], of
            `spectrogram`
        starts_s : np.ndarray [shape=(n_patches,), dtype=float64], where each begins, seconds
        """
        spectrogram = self.spectrogram(raise_level(samples, raise_to_db))
        if len(spectrogram) < self.patch_frames:
            spectrogram = np.resize(spectrogram, (self.patch_frames, self.n_mels))
        starts = np.arange(0, len(spectrogram) - self.patch_frames + 1, hop_frames)
        windows = np.lib.stride_tricks.sliding_window_view(spectrogram, self.patch_frames, axis=0)
        patches = np.ascontiguousarray(windows[starts].transpose(0, 2, 1))
        return patches, starts * self.hop_length / self.rate_hz


@dataclass(frozen=True)
class LogMelFrontEnd(MelFrontEnd):
    """Log-scaled mel spectrogram cut into patches; the defaults are those of MusiCNN.

    Attributes
    ----------
    gain : factor of the power before the logarithm

    References
    ----------
    Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging"
    (2019): 16 kHz, 512-point Hann window, hop 256, 96 mel bands (librosa's defaults),
    log10(10000 * mel + 1), patches of 187 frames.
    """

    # About 65 s, 20 MB.
    block_frames: ClassVar[int] = 4096
    rate_hz: int = 16_000
    n_fft: int = 512
    hop_length: int = 256
    n_mels: int = 96
    gain: float = 10_000.0
    patch_frames: int = 187

    def spectrogram(self, samples: np.ndarray) -> np.ndarray:
        """Compute the log-mel spectrogram of a recording.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

        Returns
        -------
        log_mel : np.ndarray [shape=(1 + n // hop_length, n_mels), dtype=float32],
            log10(gain * power + 1), always >= 0
        """
        # float32 throughout: the original's float16 overflows on loud clips.
        blocks = [np.log10(self.gain * mel + 1) for mel in self.mel_power(samples)]
        return np.concatenate(blocks).astype(np.float32, copy=False)


# The floor of librosa's power_to_db, so that digital silence is not minus infinity.
MIN_POWER = 1e-10


@dataclass(frozen=True)
class MelDbFrontEnd(MelFrontEnd):
    """Mel spectrogram in dB relative to its own maximum, cut into patches.

    The defaults are the layout of the cache `logmel.npz`: 22 050 Hz, 2048-point Hann window, 128
    mel bands (librosa's defaults) every 77.5 ms, `power_to_db(ref=max, top_db=80)`; a patch is
    about 3 s. So 0 dB is the loudest band of the loudest frame, and nothing is below -80 dB.

    Attributes
    ----------
    top_db : the range below the maximum, dB

    Notes
    -----
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
        """Compute the mel spectrogram of a recording, in dB.

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
    """Convert power to dB below its own maximum, as librosa's power_to_db(ref=max) does.

    Parameters
    ----------
    power : np.ndarray of any shape
    top_db : the result is at least -top_db

    Returns
    -------
    np.ndarray of the same shape, dtype=float32, dB, at most 0
    """
    db = 10 * np.log10(np.maximum(power, MIN_POWER))
    return np.maximum(db - db.max(), -top_db).astype(np.float32)
