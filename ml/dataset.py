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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .errors import DatasetError

GENRES = (
    "blues", "classical", "country", "disco", "hiphop",
    "jazz", "metal", "pop", "reggae", "rock",
)  # fmt: skip
SPLITS = Path(__file__).parent / "splits"
PARTS = ("train", "valid", "test")


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


@dataclass(frozen=True)
class Examples:
    """Tracks with their features.

    names : list of n track names
    x : np.ndarray [shape=(n, 50), dtype=float64], a track's mean tag activations
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    groups : list of n strings, equal where two tracks share an artist
    """

    names: list[str]
    x: np.ndarray
    y: np.ndarray
    groups: list[str]


def load_tag_means(folder: Path, wanted: Sequence[str]) -> Examples:
    """Read a feature cache and average each wanted track's patches.

    Tracks that the cache lacks are left out; the caller sees which by the names.
    """
    path = Path(folder) / "musicnn_tags.npz"
    try:
        with np.load(path) as cache_file:
            tags, owner = cache_file["tags"], cache_file["track"]
    except (OSError, KeyError, ValueError) as exc:
        raise DatasetError(f"{path} is not a feature cache that can be read.") from exc
    names, first, count = np.unique(owner, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), tags.shape[1]))
    np.add.at(sums, first, tags)
    means = dict(zip(names.tolist(), sums / count[:, None], strict=True))
    names = [name for name in wanted if name in means]
    if not names:
        raise DatasetError(f"{path} has none of the wanted tracks of GTZAN.")
    known = tracks()
    return Examples(
        names=names,
        x=np.stack([means[name] for name in names]),
        y=np.array([GENRES.index(known[name].genre) for name in names]),
        groups=[known[name].group for name in names],
    )
