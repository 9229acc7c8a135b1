"""Reading of feature caches."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.data.gtzan import GENRES, tracks
from ml.data.yamnet_logits import YAMNET_CLASSES, clip_logits
from ml.errors import DatasetError

TAGS_CACHE = "musicnn_tags.npz"
MEL_CACHE = "logmel.npz"
YAMNET_CACHE = "yamnet_logits.npz"


@dataclass(frozen=True)
class Examples:
    """Tracks with the tags of their patches.

    Attributes
    ----------
    names : list of n track names
    tags : list of n np.ndarray [shape=(n_patches, 50), dtype=float32], activations
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    groups : list of n strings, equal where two tracks share an artist
    yamnet : np.ndarray [shape=(n, 521), dtype=float64], YAMNet's mean logits, NaN where not known;
        None where nobody asked for them, see `with_yamnet`
    """

    names: list[str]
    tags: list[np.ndarray]
    y: np.ndarray
    groups: list[str]
    yamnet: np.ndarray | None = None

    @property
    def yamnet_logits(self) -> np.ndarray:
        """`yamnet`, where it must be there. Raises DatasetError."""
        if self.yamnet is None:
            raise DatasetError("The cache has no logits of YAMNet.")
        return self.yamnet

    def means(self, features: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Average over each track's patches what `features` computes of their tags.

        Parameters
        ----------
        features : maps [shape=(n_patches, 50), dtype=float64] to the same shape

        Returns
        -------
        np.ndarray [shape=(n, 50), dtype=float64]
        """
        return np.stack([features(tags.astype(np.float64)).mean(axis=0) for tags in self.tags])

    def take(self, rows: np.ndarray) -> Examples:
        """Return some of the tracks, by their positions."""
        return Examples(
            [self.names[i] for i in rows],
            [self.tags[i] for i in rows],
            self.y[rows],
            [self.groups[i] for i in rows],
            None if self.yamnet is None else self.yamnet[rows],
        )

    def join(self, other: Examples) -> Examples:
        """Return these tracks and then those of another set; both with YAMNet's logits or none."""
        yamnet = None
        if self.yamnet is not None and other.yamnet is not None:
            yamnet = np.concatenate([self.yamnet, other.yamnet])
        return Examples(
            self.names + other.names,
            self.tags + other.tags,
            np.concatenate([self.y, other.y]),
            self.groups + other.groups,
            yamnet,
        )


def load_examples(folder: Path, wanted: Sequence[str]) -> Examples:
    """Read the tags of the wanted tracks of a feature cache.

    Tracks that the cache lacks are left out; the caller sees which by the names.

    Raises
    ------
    DatasetError : the cache cannot be read, or has none of the tracks
    """
    path = Path(folder) / TAGS_CACHE
    by_track = read_tags(path)
    names = _at_hand(path, wanted, by_track)
    y, groups = _labels(names)
    return Examples(names, [by_track[name] for name in names], y, groups)


def read_tags(path: Path) -> dict[str, np.ndarray]:
    """Read tags by clip, [shape=(n_patches, 50), dtype=float32] each. Raises DatasetError."""
    return _by_clip(path)[0]


def read_kinds(path: Path, kind: str = "") -> dict[str, list[np.ndarray]]:
    """Read clips that are none of the ten genres, by kind.

    Parameters
    ----------
    path : a feature cache; with an array `kind` (n,), the kind of each row
    kind : of all clips where the file has no such array; "" takes the file's name

    Returns
    -------
    {kind: tags of its clips, [shape=(n_patches, 50), dtype=float32] each}

    Raises
    ------
    DatasetError : the file cannot be read
    """
    by_clip, kinds = _by_clip(path)
    found: dict[str, list[np.ndarray]] = {}
    for clip, tags in by_clip.items():
        found.setdefault(kinds.get(clip, kind or path.stem), []).append(tags)
    return found


def read_yamnet_logits(folder: Path) -> dict[str, np.ndarray]:
    """Read the files `yamnet*.npz` of a folder of caches, as `extract_features` writes one.

    Each has `logits` (n, 521), one row or more a track, and `track` (n,). Where two files have a
    track, that of the first name is taken.

    Returns
    -------
    {track: np.ndarray [shape=(n_rows, 521), dtype=float32]}

    Raises
    ------
    DatasetError : there is no such file, or one cannot be read
    """
    paths = sorted(Path(folder).glob("yamnet*.npz"))
    if not paths:
        raise DatasetError(f"{folder} has no {YAMNET_CACHE}, the cache of YAMNet's logits.")
    by_track: dict[str, np.ndarray] = {}
    for path in paths:
        by_track = _read_logits(path) | by_track
    return by_track


def with_yamnet(examples: Examples, folder: Path) -> Examples:
    """Return examples with their mean logits of YAMNet; a track that has none gets NaN.

    Raises
    ------
    DatasetError : the caches cannot be read
    """
    by_track = read_yamnet_logits(folder)
    missing = np.full((1, YAMNET_CLASSES), np.nan)
    rows = [by_track.get(name, missing).mean(axis=0) for name in examples.names]
    return replace(examples, yamnet=clip_logits(np.stack(rows).astype(np.float64)))


def _read_logits(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as file:
            logits, owner = file["logits"].astype(np.float32), file["track"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a cache of YAMNet's logits that can be read.") from exc
    if logits.shape != (len(owner), YAMNET_CLASSES) or not np.isfinite(logits).all():
        raise DatasetError(
            f"{path} is not a cache of YAMNet's logits: it needs {YAMNET_CLASSES} a row."
        )
    return _grouped(logits, owner)


def _grouped(rows: np.ndarray, owner: np.ndarray) -> dict[str, np.ndarray]:
    """Group rows by their owner, in order."""
    order = np.argsort(owner, kind="stable")
    clips, first = np.unique(owner[order], return_index=True)
    return dict(zip(clips.tolist(), np.split(rows[order], first[1:]), strict=True))


def _by_clip(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    try:
        with np.load(path) as file:
            tags, owner = file["tags"], file["track"]
            kind = file.get("kind")
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a feature cache that can be read.") from exc
    if tags.ndim != 2 or len(tags) != len(owner) or not np.isfinite(tags).all():
        raise DatasetError(f"{path} is not a feature cache: it needs one row of tags a patch.")
    kinds = {} if kind is None else dict(zip(owner.tolist(), kind.tolist(), strict=True))
    return _grouped(tags, owner), kinds


@dataclass(frozen=True)
class Clips:
    """Clips with their spectrograms.

    Attributes
    ----------
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
        """Return some of the clips, by their positions."""
        return Clips(
            [self.names[i] for i in rows],
            self.mel_db[rows],
            self.y[rows],
            [self.groups[i] for i in rows],
        )


def load_clips(folder: Path, wanted: Sequence[str]) -> Clips:
    """Read the wanted tracks of `folder/logmel.npz`; those that it lacks are left out.

    The cache has `logmel_db` float16 (n, 128, 387), dB, and `track` (n,), the names.

    Raises
    ------
    DatasetError : the cache cannot be read, or has none of the tracks
    """
    path = Path(folder) / MEL_CACHE
    try:
        with np.load(path) as cache:
            mel_db, owners = cache["logmel_db"], cache["track"].tolist()
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a cache of spectrograms that can be read.") from exc
    row = {name: i for i, name in enumerate(owners)}
    names = _at_hand(path, wanted, row)
    y, groups = _labels(names)
    chosen = mel_db[[row[name] for name in names]].transpose(0, 2, 1)
    return Clips(names, np.ascontiguousarray(chosen), y, groups)


def _at_hand(path: Path, wanted: Sequence[str], cached: Container[str]) -> list[str]:
    """Return the wanted tracks that a cache has. Raises DatasetError where it has none."""
    names = [name for name in wanted if name in cached]
    if not names:
        raise DatasetError(f"{path} has none of the wanted tracks of GTZAN.")
    return names


def _labels(names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return the genre [shape=(n,), dtype=int64] and the group of each track."""
    known = [tracks()[name] for name in names]
    return np.array([GENRES.index(t.genre) for t in known]), [t.group for t in known]
