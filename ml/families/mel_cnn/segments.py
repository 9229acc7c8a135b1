"""Training clips: the spectrograms of a feature cache, and segments cut from them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.gtzan import GENRES, tracks
from ml.errors import DatasetError

CACHE = "logmel.npz"


@dataclass(frozen=True)
class Clips:
    """Clips with their spectrograms.

    names : list of n track names
    mel_db : np.ndarray [shape=(n, frames, mels), dtype=float16], dB below the clip's maximum
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    groups : list of n strings, equal where two clips share an artist or a recording
    """

    names: list[str]
    mel_db: np.ndarray
    y: np.ndarray
    groups: list[str]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: np.ndarray) -> Clips:
        """Some of the clips, by their positions."""
        return Clips(
            [self.names[i] for i in rows],
            self.mel_db[rows],
            self.y[rows],
            [self.groups[i] for i in rows],
        )


def load_clips(folder: Path, wanted: Sequence[str]) -> Clips:
    """Read the wanted tracks of `folder/logmel.npz`; those that it lacks are left out.

    The cache: `logmel_db` float16 (n, 128, 387), dB; `track` (n,), the names. Raises DatasetError.
    """
    path = Path(folder) / CACHE
    try:
        with np.load(path) as cache:
            mel_db, owners = cache["logmel_db"], cache["track"].tolist()
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a cache of spectrograms that can be read.") from exc
    row = {name: i for i, name in enumerate(owners)}
    names = [name for name in wanted if name in row]
    if not names:
        raise DatasetError(f"{path} has none of the wanted tracks of GTZAN.")
    known = tracks()
    return Clips(
        names=names,
        mel_db=np.ascontiguousarray(mel_db[[row[name] for name in names]].transpose(0, 2, 1)),
        y=np.array([GENRES.index(known[name].genre) for name in names]),
        groups=[known[name].group for name in names],
    )


def cut(mel_db: np.ndarray, patch_frames: int) -> np.ndarray:
    """Cut clips end to end into segments.

    [shape=(n, frames, mels)] -> [shape=(n, frames // patch_frames, patch_frames, mels)]; what is
    left at a clip's end is dropped.
    """
    n, frames, mels = mel_db.shape
    count = frames // patch_frames
    return mel_db[:, : count * patch_frames].reshape(n, count, patch_frames, mels)


def valid_rows(clips: Clips, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the clips to learn from and to stop by; no artist is on both sides."""
    from sklearn.model_selection import StratifiedGroupKFold

    if not share:
        return np.arange(len(clips)), np.arange(0)
    folds = StratifiedGroupKFold(max(2, round(1 / share)), shuffle=True, random_state=seed)
    return next(iter(folds.split(clips.names, clips.y, clips.groups)))
