"""GTZAN: its tracks and its splits.

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
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.errors import DatasetError

GENRES = (
    "blues", "classical", "country", "disco", "hiphop",
    "jazz", "metal", "pop", "reggae", "rock",
)  # fmt: skip
SPLITS = Path(__file__).parent / "splits"
PARTS = ("train", "valid", "test")
# The two lists a model may learn from, as cards name them.
TRAINING_TRACKS, EVERY_TRACK = "training tracks", "every track"


@dataclass(frozen=True)
class Track:
    """One excerpt.

    Attributes
    ----------
    artist : "" where unknown
    repeat_group : names the recording that it shares with other excerpts; "" where there is none
    """

    name: str
    genre: str
    artist: str
    repeat_group: str

    @property
    def group(self) -> str:
        """What cross-validation keeps on one side: the artist, else the recording or the track."""
        return self.artist or self.repeat_group or self.name


@cache
def tracks() -> dict[str, Track]:
    """Return every track of GTZAN by its name, e.g. "blues.00042"."""
    with (SPLITS / "tracks.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {
            row["track"]: Track(row["track"], row["genre"], row["artist"], row["repeat_group"])
            for row in rows
        }


@cache
def split(part: str) -> tuple[str, ...]:
    """Return the names of one part of the fault-filtered split: train, valid or test."""
    if part not in PARTS:
        raise DatasetError(f"There is no part {part!r} of the split; there are {', '.join(PARTS)}.")
    return tuple((SPLITS / f"{part}_filtered.txt").read_text().split())


@cache
def training_tracks() -> tuple[str, ...]:
    """Return the tracks a model learns from: train and valid, without the artists of test.

    The published split was meant to keep artists apart, but by the artists known today ten are on
    two sides of it. Their tracks outside the test part are left out, so that no artist and no
    recording of the test part takes part in training.
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
    """Return the tracks that a model learns from whose scores are those of another one.

    All of GTZAN, of each recording one track; where its tracks contradict each other on the genre,
    none. This includes the test part, and what the split leaves out as distorted.
    """
    known = tracks()
    genres: dict[str, set[str]] = {}
    for track in known.values():
        genres.setdefault(track.repeat_group, set()).add(track.genre)
    in_split = {name for part in PARTS for name in split(part)}
    taken: set[str] = set()
    names = []
    # Of a recording, a track in the split is preferred to one that the split leaves out.
    for name in sorted(known, key=lambda name: (name not in in_split, name)):
        recording = known[name].repeat_group
        if recording and (recording in taken or len(genres[recording]) > 1):
            continue
        taken.add(recording)
        names.append(name)
    return tuple(sorted(names))
