"""The small spectrogram of the classified windows, drawn while they are read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from ml.audio.front_ends import MAX_SAMPLE, LogMelFrontEnd

N_MELS = 96
MAX_COLUMNS = 640
MAX_BYTES = 25_000
# Longer windows than the model's: no more columns are drawn than fit on a page.
N_FFT, HOP = 1024, 512
BLOCK_S = 30


class SpectrogramBuilder:
    """Builds the spectrogram from the windows that pass on their way to the model.

    A song may be long, so whenever twice the columns of the picture are at hand, neighbours are
    merged: memory does not grow with the song.
    """

    def __init__(self, rate_hz: int):
        self._front_end = LogMelFrontEnd(
            rate_hz=rate_hz, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS
        )
        self._parts: list[np.ndarray] = []  # one a window, [shape=(n_columns, N_MELS), float32]
        self._lengths: list[int] = []  # of the windows, samples
        self._frames_a_column = 1

    def watching(
        self, windows: Iterable[tuple[float, np.ndarray]]
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield the (start in seconds, samples) pairs unchanged, adding each to the spectrogram."""
        for start_s, samples in windows:
            self._add(samples)
            yield start_s, samples

    def _add(self, samples: np.ndarray) -> None:
        size = BLOCK_S * self._front_end.rate_hz
        blocks = np.split(samples, range(size, samples.size, size))
        self._parts.append(np.concatenate([self._columns_of(block) for block in blocks]))
        self._lengths.append(samples.size)
        while sum(map(len, self._parts)) > 2 * MAX_COLUMNS:
            longest = max(map(len, self._parts))
            if longest == 1:  # more windows than columns; they are merged when it is drawn
                break
            self._parts = [_merged(part, 2) for part in self._parts]
            self._frames_a_column *= 2

    def _columns_of(self, samples: np.ndarray) -> np.ndarray:
        """Return log-mel columns: [shape=(n,)] -> [shape=(n_columns, N_MELS), dtype=float32]."""
        samples = np.clip(np.nan_to_num(samples), -MAX_SAMPLE, MAX_SAMPLE)
        return _merged(self._front_end.spectrogram(samples), self._frames_a_column)

    def columns(self) -> list[int]:
        """Return how many columns each window gets by its length, at most MAX_COLUMNS in all."""
        have = np.array([len(part) for part in self._parts])
        ends = np.concatenate([[0], np.cumsum(self._lengths)]) / max(1, sum(self._lengths))
        wanted = np.diff(np.rint(ends * min(MAX_COLUMNS, have.sum())).astype(int))
        return [int(n) for n in np.minimum(wanted, have)]

    def png(self) -> bytes:
        """Return the image, low notes at the bottom.

        It is black ink of up to sixteen strengths on nothing, so a page of any colour shows
        through, and a dark one only has to turn the ink white.
        """
        drawn = [
            np.stack([piece.mean(axis=0) for piece in np.array_split(part, n)])
            for part, n in zip(self._parts, self.columns(), strict=True)
            if n
        ]
        log_mel = np.concatenate(drawn)
        ink = np.flipud((log_mel / max(float(log_mel.max()), 1e-6)).T)
        # Noise compresses badly; with fewer strengths it always fits.
        return next(png for n in (16, 8, 4) if len(png := inked(ink, n)) <= MAX_BYTES or n == 4)


def _merged(columns: np.ndarray, n: int) -> np.ndarray:
    """Return the means of every n neighbours; the last is of the remainder."""
    starts = np.arange(0, len(columns), n)
    counts = np.diff(np.append(starts, len(columns)))
    return (np.add.reduceat(columns, starts, axis=0) / counts[:, None]).astype(np.float32)


def inked(ink: np.ndarray, strengths: int) -> bytes:
    """Return a PNG with a palette of transparencies of [shape=(height, width)] in [0, 1]."""
    image = Image.fromarray(np.rint(ink * (strengths - 1)).astype(np.uint8)).convert("P")
    image.putpalette([0, 0, 0] * strengths)
    out = io.BytesIO()
    image.save(
        out,
        format="PNG",
        optimize=True,
        bits=4 if strengths > 4 else 2,
        transparency=bytes(round(255 * i / (strengths - 1)) for i in range(strengths)),
    )
    return out.getvalue()
