"""Two spectrograms of one recording, on one axis of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd


@dataclass(frozen=True)
class Patches:
    """The patches of both networks; a patch of MusiCNN is as long as six of YAMNet's.

    Attributes
    ----------
    musicnn : np.ndarray [shape=(n_patches, 187, 96), dtype=float32]
    yamnet : np.ndarray [shape=(m, 96, 64), dtype=float32]
    spans : np.ndarray [shape=(n_patches, 2), dtype=int], of each patch of MusiCNN the first of
        YAMNet's that lies in it, and the one after the last
    """

    musicnn: np.ndarray
    yamnet: np.ndarray
    spans: np.ndarray


@dataclass(frozen=True)
class TwoFrontEnds:
    """The front ends of MusiCNN and YAMNet; segments are MusiCNN's patches.

    Attributes
    ----------
    musicnn, yamnet : both take samples of the same rate
    """

    musicnn: LogMelFrontEnd
    yamnet: YamnetFrontEnd

    @property
    def rate_hz(self) -> int:
        return self.musicnn.rate_hz

    @property
    def patch_frames(self) -> int:
        return self.musicnn.patch_frames

    @property
    def patch_s(self) -> float:
        return self.musicnn.patch_s

    def patches(
        self, samples: np.ndarray, *, hop_frames: int, raise_to_db: float | None = None
    ) -> tuple[Patches, np.ndarray]:
        """Cut a recording into the patches of both; see `ml.families.base.FrontEnd`.

        MusiCNN's is raised to the level; YAMNet hears every recording as it is, which tells it a
        room or a quiet noise from music.
        """
        musicnn, starts_s = self.musicnn.patches(
            samples, hop_frames=hop_frames, raise_to_db=raise_to_db
        )
        yamnet, yamnet_starts_s = self.yamnet.patches(samples)
        middles_s = yamnet_starts_s + self.yamnet.patch_s / 2
        return Patches(musicnn, yamnet, spans_of(starts_s, self.patch_s, middles_s)), starts_s


def spans_of(starts_s: np.ndarray, length_s: float, middles_s: np.ndarray) -> np.ndarray:
    """Tell which of some points in time lie in each of some stretches, the nearest where none does.

    Parameters
    ----------
    starts_s : np.ndarray [shape=(n,)], where each stretch of `length_s` begins
    middles_s : np.ndarray [shape=(m,)], in ascending order, m >= 1

    Returns
    -------
    np.ndarray [shape=(n, 2), dtype=int], of each stretch the first point and the one after the last
    """
    first = np.searchsorted(middles_s, starts_s)
    last = np.searchsorted(middles_s, starts_s + length_s)
    first = np.minimum(first, len(middles_s) - 1)
    return np.stack([first, np.maximum(last, first + 1)], axis=1)
