"""Recordings of a folder whose sub-folders are genres, taken as verdicts of who runs the site.

Each file is heard once: what was heard is stored file by file, and found again by its content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from classifier.genres import NO_GENRE, genre_label
from classifier.models import Verdict
from classifier.review import lasting
from ml.audio.files import find_audio
from ml.errors import AudioError, DatasetError, DecoderDied
from ml.inference.batch import predict_files
from ml.inference.classifier import Classifier

SOURCE = "folder"
PERSON = "the command line"
NAMED = re.compile(r"(.+?) - .+")  # "Artist - Title.mp3"


@dataclass(frozen=True)
class Labelled:
    """A file, the genre that its folder is named after, and its artist, "" where not known."""

    path: Path
    label: str
    artist: str


@dataclass
class Heard:
    """What became of the files.

    heard, known, broken : how many were heard now, were known before, cannot be heard
    """

    heard: int = 0
    known: int = 0
    broken: int = 0


def labelled_files(folder: Path) -> list[Labelled]:
    """Find the files of a folder, FOLDER/GENRE/... or FOLDER/GENRE/ARTIST/...

    "none" is a folder of what is none of the genres.

    Raises
    ------
    DatasetError : there is no such folder, no sub-folder with audio, one that names no genre, or
        that cannot be read
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder.")
    try:
        return _labelled_files(folder)
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}.") from error


def _labelled_files(folder: Path) -> list[Labelled]:
    found = []
    for genre in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = find_audio([genre]) if not genre.name.startswith(".") else []
        if not files:
            continue
        label = NO_GENRE if genre.name.casefold() == NO_GENRE else genre_label(genre.name)
        if not label:
            raise DatasetError(f"{genre} cannot name a genre: 32 letters are the most.")
        found += [Labelled(path, label, _artist(path, genre)) for path in files]
    if not found:
        raise DatasetError(
            f"{folder} has no folder with audio files: one for each genre is needed."
        )
    return found


def hear(
    classifier: Classifier,
    files: list[Labelled],
    *,
    max_duration_s: float,
    report: Callable[[str], None],
    failed: Callable[[Path, AudioError | DecoderDied | OSError], None],
) -> Heard:
    """Hear what has not been heard, and store each as a verdict.

    Parameters
    ----------
    report : is told how far it is
    failed : is told of a file that cannot be heard
    """
    result = Heard()
    new = dict(_unheard(classifier, files, result, failed))
    for done in predict_files(classifier, list(new), max_duration_s=max_duration_s):
        file, recording = new[done.path]
        if done.prediction is None:
            result.broken += 1
            if done.error is not None:
                failed(done.path, done.error)
            continue
        said = done.prediction
        lasting.write(
            [
                Verdict(
                    recording=recording,
                    group=_group(file, recording),
                    space=classifier.card.feature_space,
                    extent="usual",
                    features=[round(float(value), 6) for value in said.features],
                    label=file.label,
                    answer=NO_GENRE if said.is_outside else said.genre,
                    confidence=said.confidence,
                    model_id=classifier.card.model_id,
                    source=SOURCE,
                    stream=Verdict.Stream.FOLDER,
                    person=lasting.keyed("person", PERSON),
                    decided_at=timezone.now(),
                )
            ]
        )
        result.heard += 1
        report(f"heard {result.heard} of {len(new)} files, {file.label}: {file.path.name}")
    return result


def forget(label: str) -> int:
    """Delete what came from folders of a genre; returns how many."""
    count, _ = Verdict.objects.filter(stream=Verdict.Stream.FOLDER, label=label, origin="").delete()
    return count


def _unheard(
    classifier: Classifier,
    files: list[Labelled],
    result: Heard,
    failed: Callable[[Path, AudioError | DecoderDied | OSError], None],
) -> Iterator[tuple[Path, tuple[Labelled, str]]]:
    """Those that are not stored; of the others the genre is stored that they have now."""
    stored = {
        row.recording: row
        for row in Verdict.objects.filter(
            stream=Verdict.Stream.FOLDER, origin="", space=classifier.card.feature_space
        ).only("recording", "label")
    }
    seen = set()
    for file in files:
        try:
            with file.path.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            result.broken += 1
            failed(file.path, error)
            continue
        recording = lasting.keyed("recording", f"{SOURCE}:{digest}")
        if recording in seen:  # a copy
            continue
        seen.add(recording)
        row = stored.get(recording)
        if row is None:
            yield file.path, (file, recording)
            continue
        result.known += 1
        if row.label != file.label:
            Verdict.objects.filter(pk=row.pk).update(label=file.label, decided_at=timezone.now())


def _artist(path: Path, genre: Path) -> str:
    """Whose it is: by the folder below the genre's, else by a name like "Artist - Title"."""
    inner = path.relative_to(genre).parts[:-1]
    if inner:
        return inner[0]
    named = NAMED.fullmatch(path.stem)
    return named[1] if named else ""


def _group(file: Labelled, recording: str) -> str:
    artist = " ".join(file.artist.casefold().split())
    return lasting.keyed("artist", artist) if artist else recording
