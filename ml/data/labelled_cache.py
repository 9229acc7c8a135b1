"""Features of labelled recordings from many places, as music comes outside one collection.

A folder with two files, in the same order of tracks:
    tracks.csv     track, role, label, kind, label_strength, place, artist; more is left alone
    features.npz   `track` (n,); `patch_count` (n,); `musicnn_tags` (sum of patch_count, 50), the
                   tags of each patch in [0, 1]; with YAMNet's ears also `window_count` (n,) and
                   `yamnet_logits` (sum of window_count, 521), the mean logits of each window; more
                   is left alone
role
    in     music of one of the ten genres, `label` names it
    out    music of other genres, or no music; `kind` says which
    near   kin of the ten, on which people would differ
    amb    more than one answer is right
label_strength
    A      stated by the artist, a catalogue or a table
    B      from a file's or folder's name, or what a known artist is known for
place is the collection that a recording was found in: its encoding, its cut, its choice of songs.
"""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ml.data.gtzan import GENRES
from ml.data.yamnet_logits import YAMNET_CLASSES, clip_logits, scores_of
from ml.errors import DatasetError

TRACKS, FEATURES = "tracks.csv", "features.npz"
COLUMNS = ("track", "role", "label", "kind", "label_strength", "place", "artist")
ROLES = ("in", "out", "near", "amb")
STRENGTHS = ("A", "B")
# Kinds of the role `out` that are no music; all others are music.
NO_MUSIC = ("speech", "field recording", "tones", "noise", "quiet")


@dataclass(frozen=True)
class LabelledCache:
    """Tracks with the tags of their patches, and what is known of each.

    names : list of n track names
    tags : list of n np.ndarray [shape=(n_patches, 50), dtype=float32], activations
    roles, labels, kinds, strengths, places, artists : np.ndarray [shape=(n,), dtype=str];
        an artist is "" where not known
    yamnet : np.ndarray [shape=(n, 521), dtype=float64], YAMNet's logits, the mean over the windows
        of each track; None where the cache has none
    """

    names: list[str]
    tags: list[np.ndarray]
    roles: np.ndarray
    labels: np.ndarray
    kinds: np.ndarray
    strengths: np.ndarray
    places: np.ndarray
    artists: np.ndarray
    yamnet: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def is_known(self) -> np.ndarray:
        """Which are music of one of the ten, [shape=(n,), dtype=bool]."""
        return self.roles == "in"

    @cached_property
    def is_other_music(self) -> np.ndarray:
        return (self.roles == "out") & ~np.isin(self.kinds, NO_MUSIC)

    @cached_property
    def is_no_music(self) -> np.ndarray:
        return (self.roles == "out") & np.isin(self.kinds, NO_MUSIC)

    @cached_property
    def main_kinds(self) -> dict[str, np.ndarray]:
        """Which tracks are of each kind that is none of the ten, [shape=(n,), dtype=bool]."""
        return {
            "other music": self.is_other_music,
            "near kin": self.roles == "near",
            "no music": self.is_no_music,
        }

    @cached_property
    def own_kinds(self) -> dict[str, np.ndarray]:
        """The like of each kind that the table names."""
        outside = self.roles == "out"
        return {
            str(kind): outside & (self.kinds == kind) for kind in sorted(set(self.kinds[outside]))
        }

    @cached_property
    def y(self) -> np.ndarray:
        """Index into GENRES, -1 for what is none of the ten; [shape=(n,), dtype=int64]."""
        known = zip(self.labels, self.is_known, strict=True)
        return np.array([GENRES.index(label) if mine else -1 for label, mine in known])

    @cached_property
    def artist_ids(self) -> np.ndarray:
        """The artist; where not known, the track stands for its own. [shape=(n,), dtype=str]."""
        return np.where(self.artists != "", self.artists, [f"track {name}" for name in self.names])

    def means(self, features: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The mean over each track's patches of what `features` makes of them; (n, 50)."""
        return np.stack([features(tags.astype(np.float64)).mean(axis=0) for tags in self.tags])

    @property
    def yamnet_logits(self) -> np.ndarray:
        """`yamnet`, where it must be there. Raises DatasetError."""
        if self.yamnet is None:
            raise DatasetError("The cache has no logits of YAMNet.")
        return self.yamnet

    def tags_of_two(self, classes: Sequence[int]) -> list[np.ndarray]:
        """MusiCNN's tags of each patch and, after them, the scores of some of YAMNet's classes.

        The scores of a track are those of its mean logits, the same in each of its patches; so a
        mean of log odds over the patches is the mean logit. [shape=(n_patches, 50 + K)] each.
        Raises DatasetError where the cache has no logits.
        """
        scores = scores_of(self.yamnet_logits[:, list(classes)])
        return [
            np.concatenate([tags, np.tile(row, (len(tags), 1))], axis=1)
            for tags, row in zip(self.tags, scores, strict=True)
        ]

    @cached_property
    def fingerprints(self) -> list[str]:
        """Eight hex digits for each track, which tell its tags from another's.

        A card holds them, so that nobody scores a model on what it learned from unawares.
        """
        return [hashlib.sha256(np.float16(tags).tobytes()).hexdigest()[:8] for tags in self.tags]


def is_labelled_cache(folder: Path) -> bool:
    """Tell a folder with such a cache from one with features of GTZAN."""
    return (Path(folder) / FEATURES).is_file()


def read_labelled_cache(folder: Path) -> LabelledCache:
    """Read and check a cache. Raises DatasetError, naming what is wrong first."""
    rows = read_tracks(Path(folder) / TRACKS)
    tags = _read_tags(Path(folder) / FEATURES, [row["track"] for row in rows])

    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    return LabelledCache(
        names=[row["track"] for row in rows],
        tags=tags,
        roles=column("role"),
        labels=column("label"),
        kinds=column("kind"),
        strengths=column("label_strength"),
        places=column("place"),
        artists=column("artist"),
        yamnet=_read_yamnet(Path(folder) / FEATURES, len(rows)),
    )


def place_folds(cache: LabelledCache, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(learn, held out) positions: no place and no artist is on both sides.

    Whole places are held out; what else their artists have leaves the learning side of that fold.
    Joined groups, of all places that share an artist, would hold the same out, but a few well-known
    artists chain most places into a single group, which then could not be learned from at all.
    The held-out sides cover every track once; genres and other music are spread evenly over them.
    Raises DatasetError where there are fewer places than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if (n_places := len(set(cache.places.tolist()))) < folds:
        raise DatasetError(
            f"The cache has tracks of {n_places} places: {folds} are needed to hold places out."
        )
    strata = np.select(
        [cache.is_known, cache.is_other_music, cache.is_no_music],
        [cache.labels, "other music", "no music"],
        cache.roles,
    )
    # Coded as numbers: of a stratum that is smaller than the folds scikit-learn would warn.
    codes = np.unique(strata, return_inverse=True)[1]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    sides = []
    for learn, held in splitter.split(np.zeros(len(cache)), codes, cache.places):
        strangers = ~np.isin(cache.artist_ids[learn], cache.artist_ids[held])
        sides.append((learn[strangers], held))
    return sides


def read_tracks(path: Path) -> list[dict[str, str]]:
    """Read and check a table of tracks. Raises DatasetError, naming the first faulty line."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = reader.fieldnames or []
    except (OSError, ValueError, csv.Error) as exc:
        raise DatasetError(f"{path} is not a table of tracks that can be read.") from exc
    if missing := [name for name in COLUMNS if name not in columns]:
        raise DatasetError(f"{path} has no column {missing[0]!r}.")
    if not rows:
        raise DatasetError(f"{path} names no track.")
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if problem := _problem(row, seen):
            raise DatasetError(f"{path}, line {line}: {problem}.")
        seen.add(row["track"])
    return rows


def _problem(row: dict[str, str], seen: set[str]) -> str:
    """What is wrong with a row, "" where nothing is."""
    if any(row[name] is None for name in COLUMNS):
        return "it has too few columns"
    if not row["track"] or row["track"] in seen:
        return f"the track {row['track']!r} is empty or there twice"
    if row["role"] not in ROLES:
        return f"the role {row['role']!r} is none of {', '.join(ROLES)}"
    if row["role"] == "in" and row["label"] not in GENRES:
        return f"the label {row['label']!r} is none of the ten genres"
    if row["label_strength"] not in STRENGTHS:
        return f"the label_strength {row['label_strength']!r} is none of {', '.join(STRENGTHS)}"
    return "" if row["place"] else "it has no place"


def _read_tags(path: Path, names: list[str]) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            tracks, counts, tags = file["track"], file["patch_count"], file["musicnn_tags"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise DatasetError(f"{path} is not a file of features that can be read.") from exc
    if tracks.tolist() != names:
        raise DatasetError(f"{path} does not have the tracks of {TRACKS} in the same order.")
    if counts.shape != tracks.shape or counts.min() < 1 or tags.shape != (counts.sum(), 50):
        raise DatasetError(f"{path} does not have 50 tags of each patch of each track.")
    tags = tags.astype(np.float32)
    if not (tags >= 0).all() or not (tags <= 1).all():  # also where a number is none
        raise DatasetError(f"{path} has tags that are not between 0 and 1.")
    return np.split(tags, np.cumsum(counts)[:-1])


def _read_yamnet(path: Path, n_tracks: int) -> np.ndarray | None:
    """Read YAMNet's mean logits, [shape=(n, 521)]; None where the file has none."""
    with np.load(path, allow_pickle=False) as file:
        if "yamnet_logits" not in file:
            return None
        counts, logits = file.get("window_count"), file["yamnet_logits"].astype(np.float64)
    if (
        counts is None
        or counts.shape != (n_tracks,)
        or counts.min() < 1
        or logits.shape != (counts.sum(), YAMNET_CLASSES)
        or not np.isfinite(logits).all()
    ):
        raise DatasetError(f"{path} does not have YAMNet's {YAMNET_CLASSES} logits of each window.")
    windows = np.split(clip_logits(logits), np.cumsum(counts)[:-1])
    return np.stack([window.mean(axis=0) for window in windows])
