"""Finding the files of a collection: what is new, what has changed, what is gone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from classifier import serving
from classifier.models import CollectionTrack
from ml.audio.files import find_audio
from ml.collection.details import Details, read_details
from ml.collection.digests import Digests
from ml.collection.genre_tags import meant_genre
from ml.collection.tags import TagError
from ml.errors import AudioError, DecoderDied, MLError

from .covers import has_cover, keep_cover
from .search import words_of

BATCH = 500

How = Literal["new", "changed", "unchanged", "moved", "failed", "left out"]


class NothingThere(MLError):
    """A folder has no audio now, though the collection has files of it."""


@dataclass(frozen=True)
class Scanned:
    """What became of a file; `why` says why it failed or was left out."""

    path: Path
    how: How
    why: str = ""


class Known(NamedTuple):
    """What is known of a file; `state` is its size and its modification time."""

    pk: int
    state: tuple[int, int]
    cover: str


def path_key(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()


def scan(
    paths: Iterable[Path], reason_of: Callable[[AudioError | DecoderDied | OSError], str]
) -> Iterator[Scanned]:
    """Take files into the collection, and yield what became of each.

    What has neither another size nor another time than before is not opened.

    Raises
    ------
    NothingThere : a folder is empty that was not, as that of a disk that is not mounted
    """
    labels = serving.card().labels
    with Digests() as digests:
        for root in paths:
            root = root.resolve()
            files = find_audio([root])
            known = _known(root)
            if known and not files:
                raise NothingThere(
                    f"{root} has no audio files now, though {len(known)} are known of it. If that "
                    "is so, add --forget; else see whether its disk is there."
                )
            for path in files:
                yield _scan_one(path, known, digests, labels, reason_of)


def forget_missing(paths: Iterable[Path]) -> int:
    """Remove the rows of files below some folders that are gone; returns how many."""
    gone = []
    for root in paths:
        known = _known(root.resolve())
        gone += [found.pk for path, found in known.items() if not Path(path).exists()]
    for at in range(0, len(gone), BATCH):
        CollectionTrack.objects.filter(pk__in=gone[at : at + BATCH]).delete()
    return len(gone)


def _known(root: Path) -> dict[str, Known]:
    """Return what is known of a folder, or of a file, by path."""
    columns = ("path", "pk", "size", "changed_ns", "cover")
    rows = CollectionTrack.objects.order_by().values_list(*columns)
    below = f"{root}{os.sep}"
    # Not by the database: LIKE there takes capitals for small letters.
    return {
        path: Known(pk, (size, changed_ns), cover)
        for path, pk, size, changed_ns, cover in rows.iterator()
        if path == str(root) or path.startswith(below)
    }


def _scan_one(
    path: Path,
    known: dict[str, Known],
    digests: Digests,
    labels: tuple[str, ...],
    reason_of: Callable[[AudioError | DecoderDied | OSError], str],
) -> Scanned:
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        return Scanned(path, "left out", f"{shown}: its name is not UTF-8; rename it.")
    before = known.get(name)
    error = ""
    audio, details = "", Details()
    try:
        stat = path.stat()
        if before and before.state == (stat.st_size, stat.st_mtime_ns) and has_cover(before.cover):
            return Scanned(path, "unchanged")
        audio = digests.of(path)
        details = read_details(path)
    except TagError:
        pass  # it is heard all the same
    except (OSError, DecoderDied) as failure:  # not the file's fault: it is tried again
        return Scanned(path, "failed", f"{path}: {reason_of(failure)}")
    except AudioError as failure:
        error = reason_of(failure)
    values = _values(path, details, labels) | {
        "path": name,
        "size": stat.st_size,
        "changed_ns": stat.st_mtime_ns,
        "audio": audio,
        "error": error[:300],
    }
    moved = _moved_from(audio) if audio and not before else None
    if moved is not None:
        CollectionTrack.objects.filter(pk=moved).update(path_key=path_key(name), **values)
        return Scanned(path, "moved")
    CollectionTrack.objects.update_or_create(path_key=path_key(name), defaults=values)
    if error:
        return Scanned(path, "failed", f"{path}: {error}")
    return Scanned(path, "changed" if before else "new")


def _moved_from(audio: str) -> int | None:
    """Return the row of a file with this sound that is gone from its place."""
    for row in CollectionTrack.objects.filter(audio=audio).order_by("pk"):
        if not row.file.exists():
            return row.pk
    return None


def _values(path: Path, details: Details, labels: tuple[str, ...]) -> dict[str, object]:
    title = details.title or path.stem
    album_artist = details.album_artist or details.artist
    # Albums of the same name by others, and those of several artists, are told by their folder.
    album_key = ""
    if details.album:
        whose = details.album_artist or str(path.parent)
        album_key = path_key(f"{details.album.casefold()}\n{whose.casefold()}")
    return {
        "title": title[:300],
        "artist": details.artist[:200],
        "album": details.album[:300],
        "album_artist": album_artist[:200],
        "album_key": album_key,
        "track_number": details.track_number,
        "year": details.year,
        "duration_s": details.duration_s,
        "genre_tag": details.genre[:200],
        "meant_genre": (meant_genre((details.genre,), labels) or "") if details.genre else "",
        "cover": keep_cover(path),
        "words": words_of(title, details.artist, details.album, album_artist),
    }
