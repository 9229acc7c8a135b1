"""GTZAN: its tracks, its splits, and caches of features computed from it.

The data
    1000 excerpts of 30 s, ten genres, 22 050 Hz mono. G. Tzanetakis and P. Cook, "Musical genre
    classification of audio signals", IEEE Transactions on Speech and Audio Processing 10(5), 2002.
    It has no licence for redistribution, so none of it is in this repository; see splits/README.md
    for the lists that are.
A feature cache
    A folder with `musicnn_tags.npz`: `tags` float32 (n, 50), one row a patch of 187 frames;
    `track` (n,), the track of each row.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ml.errors import DatasetError

GENRES = (
    "blues", "classical", "country", "disco", "hiphop",
    "jazz", "metal", "pop", "reggae", "rock",
)  # fmt: skip
SPLITS = Path(__file__).parent / "splits"
PARTS = ("train", "valid", "test")
TAGS_CACHE = "musicnn_tags.npz"


@dataclass(frozen=True)
class Track:
    """One excerpt. `artist` and `repeat_group` are empty where unknown or none."""

    name: str
    genre: str
    artist: str
    repeat_group: str

    @property
    def group(self) -> str:
        """What must not be torn apart in cross-validation: the artist, else the track itself."""
        return self.artist or self.repeat_group or self.name


@cache
def tracks() -> dict[str, Track]:
    """Every track of GTZAN by its name, e.g. "blues.00042"."""
    with (SPLITS / "tracks.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {
            row["track"]: Track(row["track"], row["genre"], row["artist"], row["repeat_group"])
            for row in rows
        }


@cache
def split(part: str) -> tuple[str, ...]:
    """The track names of one part of the fault-filtered split: train, valid or test."""
    if part not in PARTS:
        raise DatasetError(f"There is no part {part!r} of the split; there are {', '.join(PARTS)}.")
    return tuple((SPLITS / f"{part}_filtered.txt").read_text().split())


@cache
def training_tracks() -> tuple[str, ...]:
    """The tracks a model may learn from: train and valid, less what test could recognise.

    The published split meant to keep artists apart, but by the artists known today ten are on two
    sides of it. Their tracks outside the test part are left out, so that no artist and no
    recording of the test part was ever heard in training.
    """
    known = tracks()
    test = [known[name] for name in split("test")]
    artists = {track.artist for track in test} - {""}
    recordings = {track.repeat_group for track in test} - {""}
    return tuple(
        name
        for part in ("train", "valid")
        for name in split(part)
        if known[name].artist not in artists and known[name].repeat_group not in recordings
    )


@cache
def every_track() -> tuple[str, ...]:
    """The tracks a model may learn from that is measured by another one.

    All of GTZAN, of each recording one track; where its tracks contradict each other on the genre,
    none. So also the test part, and what the split leaves out as distorted.
    """
    known = tracks()
    genres: dict[str, set[str]] = {}
    for track in known.values():
        genres.setdefault(track.repeat_group, set()).add(track.genre)
    in_split = {name for part in PARTS for name in split(part)}
    taken: set[str] = set()
    names = []
    # What the split chose of a recording goes before what it left out.
    for name in sorted(known, key=lambda name: (name not in in_split, name)):
        recording = known[name].repeat_group
        if recording and (recording in taken or len(genres[recording]) > 1):
            continue
        taken.add(recording)
        names.append(name)
    return tuple(sorted(names))


@dataclass(frozen=True)
class Examples:
    """Tracks with the tags of their patches.

    names : list of n track names
    tags : list of n np.ndarray [shape=(n_patches, 50), dtype=float32], activations
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    groups : list of n strings, equal where two tracks share an artist
    """

    names: list[str]
    tags: list[np.ndarray]
    y: np.ndarray
    groups: list[str]

    def means(self, features: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The mean over each track's patches of what `features` makes of them; (n, 50)."""
        return np.stack([features(np.float64(tags)).mean(axis=0) for tags in self.tags])


def load_examples(folder: Path, wanted: Sequence[str]) -> Examples:
    """Read the wanted tracks of a feature cache. Raises DatasetError.

    Tracks that the cache lacks are left out; the caller sees which by the names.
    """
    path = Path(folder) / TAGS_CACHE
    by_track = read_tags(path)
    names = [name for name in wanted if name in by_track]
    if not names:
        raise DatasetError(f"{path} has none of the wanted tracks of GTZAN.")
    known = tracks()
    return Examples(
        names=names,
        tags=[by_track[name] for name in names],
        y=np.array([GENRES.index(known[name].genre) for name in names]),
        groups=[known[name].group for name in names],
    )


def read_tags(path: Path) -> dict[str, np.ndarray]:
    """Tags by clip, [shape=(n_patches, 50), dtype=float32] each. Raises DatasetError."""
    return _by_clip(path)[0]


def read_kinds(path: Path, kind: str = "") -> dict[str, list[np.ndarray]]:
    """Clips that are none of the ten genres, by kind.

    A file that tells no kinds is all of `kind`, else of a kind that is named as the file.

    Each clip is its tags, [shape=(n_patches, 50), dtype=float32]. Raises DatasetError.
    """
    by_clip, kinds = _by_clip(path)
    found: dict[str, list[np.ndarray]] = {}
    for clip, tags in by_clip.items():
        found.setdefault(kinds.get(clip, kind or path.stem), []).append(tags)
    return found


def _by_clip(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    try:
        with np.load(path) as file:
            tags, owner = file["tags"], file["track"]
            kind = file.get("kind")
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a feature cache that can be read.") from exc
    if tags.ndim != 2 or len(tags) != len(owner) or not np.isfinite(tags).all():
        raise DatasetError(f"{path} is not a feature cache: it needs one row of tags a patch.")
    order = np.argsort(owner, kind="stable")
    clips, first = np.unique(owner[order], return_index=True)
    by_clip = dict(zip(clips.tolist(), np.split(tags[order], first[1:]), strict=True))
    kinds = {} if kind is None else dict(zip(owner.tolist(), kind.tolist(), strict=True))
    return by_clip, kinds
