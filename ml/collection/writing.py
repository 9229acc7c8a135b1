"""Writing genres into files without fear: a copy is written and checked, then takes the place.

Whatever happens meanwhile, a file is the old one or the new one. What is to be done is noted before
and confirmed afterwards, so that it can be undone.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ml.atomic_files import DRAFT, replacing
from ml.errors import AudioError, DecoderDied, MLError

from .digests import Digests
from .store import Store, state_of
from .tags import Fields, TagError, Tags, read_tags, write_fields

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # the next file would fail as well


class FileChanged(MLError):
    """A file is not what it was; the message says what is different."""


class CannotGoOn(MLError):
    """No further file can be written."""


@dataclass(frozen=True)
class Seen:
    """What a file was when it was last looked at.

    audio : the digest of its sound; others : of the tags that are not written here
    """

    audio: str
    others: str
    fields: Fields


@dataclass(frozen=True)
class Written:
    """A row of the journal; `state` is "intent", "done", "undoing" or "undone"."""

    id: int
    batch: str
    path: Path
    state: str
    at: str
    before: Fields
    after: Fields
    audio: str
    others: str


def put(digests: Digests, path: Path, fields: Fields, seen: Seen) -> Tags:
    """Give a file these fields, if it is still what was seen; return its tags afterwards.

    Raises
    ------
    FileChanged : it is not; TagError : its tags cannot be written, or would not be as wanted
    OSError : it cannot be read or written
    """
    target = path.resolve(strict=True)
    if not target.stat().st_mode & 0o222:
        raise TagError("it is read-only")
    before = state_of(target)
    with replacing(target) as draft:
        shutil.copy2(target, draft)
        _check(digests, draft, seen)
        write_fields(draft, fields)
        os.utime(draft)  # so that players look at it again
        found = read_tags(draft)
        wanted = {name: values for name, values in fields.items() if values}
        if found.fields != wanted or found.others != seen.others:
            raise TagError("its tags would not be as wanted afterwards")
        if _sound(digests, draft) != seen.audio:
            raise TagError("its sound would not be the same afterwards")
        _keep_owner(target, draft)
        _to_disk(draft)
        if state_of(target) != before:
            raise FileChanged("it changed while it was being written")
    _to_disk(target.parent)
    return found


def _check(digests: Digests, path: Path, seen: Seen) -> None:
    tags = read_tags(path)
    if tags.fields != seen.fields:
        raise FileChanged("its genre is not what it was")
    if tags.others != seen.others:
        raise FileChanged("its tags are not what they were")
    if _sound(digests, path) != seen.audio:
        raise FileChanged("its sound is not what it was")


def _sound(digests: Digests, path: Path) -> str:
    try:
        return digests.of(path)
    except (AudioError, DecoderDied) as error:
        raise FileChanged(f"its sound cannot be read any more: {error}") from error


def _keep_owner(target: Path, draft: Path) -> None:
    owner, own = target.stat(), draft.stat()
    if (owner.st_uid, owner.st_gid) != (own.st_uid, own.st_gid):
        try:
            os.chown(draft, owner.st_uid, owner.st_gid)
        except PermissionError:
            raise TagError("it belongs to somebody else") from None


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Journal:
    """What was written into files, in the store; one process writes at a time."""

    def __init__(self, store: Store):
        self.store = store

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one that writes; what a killed process left is tidied up first.

        Raises
        ------
        CannotGoOn : another process writes
        """
        with self.store.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CannotGoOn("Another process writes tags; wait for it.") from None
            self._tidy_up()
            yield

    def write(self, digests: Digests, batch: str, path: Path, fields: Fields, seen: Seen) -> Tags:
        """Note what is to be done, do it, and note that it is done. Raises as `put`."""
        number = self._intend(batch, path, fields, seen)
        try:
            tags = put(digests, path, fields, seen)
        except BaseException:
            self._tidy_up()  # it may have been interrupted after the file took its place
            raise
        self._set_state(number, "done")
        return tags

    def undo(self, digests: Digests, row: Written) -> None:
        """Give a file back the fields that it had.

        Where its genre, or what this program wrote, was changed since, it is left alone; other
        tags may have changed.

        Raises
        ------
        As `put`
        """
        tags = read_tags(row.path.resolve(strict=True))
        self._set_state(row.id, "undoing")
        try:
            put(digests, row.path, row.before, Seen(row.audio, tags.others, row.after))
        except BaseException:
            self._tidy_up()
            raise
        self._set_state(row.id, "undone")

    def batches(self) -> list[tuple[str, str, int]]:
        """Return (batch, time, files that can be undone), the last one first."""
        rows = self.store.read(
            "SELECT batch, max(at), sum(state = 'done') FROM writing GROUP BY batch"
            " ORDER BY max(id) DESC"
        )
        return [(batch, at, int(count)) for batch, at, count in rows]

    def done(self, batch: str) -> list[Written]:
        """Return what of a batch can be undone, the last one first."""
        rows = [row for row in self._rows("done") if row.batch == batch]
        return rows[::-1]

    def _rows(self, *states: str) -> list[Written]:
        """Return the rows of some states, in the order in which they were written."""
        rows = self.store.read(
            "SELECT id, batch, path, state, at, before, after, audio, tags FROM writing"
            " WHERE state IN (SELECT value FROM json_each(?)) ORDER BY id",
            [json.dumps(states)],
        )
        return [
            Written(
                number, batch, Path(os.fsdecode(path)), state, at, _fields(before), _fields(after),
                audio, others,
            )
            for number, batch, path, state, at, before, after, audio, others in rows
        ]  # fmt: skip

    def _intend(self, batch: str, path: Path, fields: Fields, seen: Seen) -> int:
        with self.store.writing() as database:
            cursor = database.execute(
                "INSERT INTO writing (batch, path, state, at, before, after, audio, tags)"
                " VALUES (?, ?, 'intent', ?, ?, ?, ?, ?)",
                (
                    batch, os.fsencode(path), datetime.now(UTC).isoformat(timespec="seconds"),
                    json.dumps(seen.fields), json.dumps(fields), seen.audio, seen.others,
                ),
            )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def _set_state(self, number: int, state: str) -> None:
        with self.store.writing() as database:
            database.execute("UPDATE writing SET state = ? WHERE id = ?", (state, number))

    def _forget(self, number: int) -> None:
        with self.store.writing() as database:
            database.execute("DELETE FROM writing WHERE id = ?", (number,))

    def _tidy_up(self) -> None:
        """Find out what became of files that a process did not end with; remove its drafts."""
        for row in self._rows("intent", "undoing"):
            target = row.path.resolve()
            for draft in target.parent.glob(f"{DRAFT}*{target.suffix}"):
                draft.unlink(missing_ok=True)
            try:
                stands = read_tags(target).fields
            except (TagError, OSError):
                continue  # as while its disk is away: it is looked at again the next time
            if row.state == "undoing":
                self._set_state(row.id, "undone" if stands == row.before else "done")
            elif stands == row.after:
                self._set_state(row.id, "done")
            else:
                self._forget(row.id)


def _fields(text: str) -> Fields:
    return {name: tuple(values) for name, values in json.loads(text).items()}


def is_full(error: OSError) -> bool:
    """Tell whether the next file would fail as well."""
    return error.errno in FULL
