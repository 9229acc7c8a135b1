"""What was heard of a collection, in a file of SQLite: each sound once, wherever its files lie."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from ml.errors import MLError

from .answers import Answer

NAME = "collection.sqlite3"
VERSION = 1
WAIT_S = 30.0  # for another process that writes
SCHEMA = """
CREATE TABLE file (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    audio TEXT NOT NULL, error TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX file_by_audio ON file (audio);
CREATE TABLE answer (
    audio TEXT NOT NULL, model TEXT NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (audio, model)
) WITHOUT ROWID;
CREATE TABLE writing (
    id INTEGER PRIMARY KEY, batch TEXT NOT NULL, path BLOB NOT NULL, state TEXT NOT NULL,
    at TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, audio TEXT NOT NULL,
    tags TEXT NOT NULL
);
CREATE INDEX writing_by_batch ON writing (batch, id);
"""


class StoreError(MLError):
    """The file of a collection cannot be used."""


class FileState(NamedTuple):
    """What changes when a file is written; `changed_ns` is its modification time."""

    size: int
    changed_ns: int


class Known(NamedTuple):
    """What is known of a file as it is: the digest of its sound, or why it has none."""

    audio: str
    error: str


def default_path() -> Path:
    """Return where collections are remembered: $GENRE_STORE, or in the user's folder of data."""
    if told := os.environ.get("GENRE_STORE"):
        return Path(told)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "genre" / NAME


def state_of(path: Path) -> FileState:
    """Return the state of a file. Raises OSError."""
    stat = path.stat()
    return FileState(stat.st_size, stat.st_mtime_ns)


class Store:
    """An open store; made where there is none.

    Raises
    ------
    StoreError : it is no such file, is of a later version, or cannot be written
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.database = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
            self.database.execute("PRAGMA journal_mode = WAL")
            with self.writing():
                self._make()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be used: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.database.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing. Raises StoreError, as on a full disk."""
        try:
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield self.database
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            self.database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be written: {error}.") from error

    def _make(self) -> None:
        (version,) = self.database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StoreError(f"{self.path} is of a later version of this program.")
        if version == 0:
            for statement in SCHEMA.split(";"):
                self.database.execute(statement)
            self.database.execute(f"PRAGMA user_version = {VERSION}")

    def read(self, question: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query. Raises StoreError, as of a damaged file."""
        try:
            return self.database.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}.") from error

    def known(self, path: Path, state: FileState) -> Known | None:
        """Return what is known of a file, or None where it is new or has changed."""
        rows = self.read(
            "SELECT audio, error FROM file WHERE path = ? AND size = ? AND changed_ns = ?",
            (_key(path), *state),
        )
        return Known(*rows[0]) if rows else None

    def answer(self, audio: str, model: str) -> Answer | None:
        """Return what a model said of a sound, or None where it has not heard it."""
        rows = self.read("SELECT answer FROM answer WHERE audio = ? AND model = ?", (audio, model))
        return _unpacked(rows[0][0], self.path) if rows else None

    def heard(self, model: str) -> set[str]:
        """Return the digests of all sounds that a model has heard."""
        rows = self.read("SELECT audio FROM answer WHERE model = ?", (model,))
        return {audio for (audio,) in rows}

    def keep(
        self,
        path: Path,
        state: FileState,
        audio: str,
        *,
        answer: Answer | None = None,
        error: str = "",
    ) -> None:
        """Keep what was found in a file, at once."""
        with self.writing() as database:
            if answer is not None:
                database.execute(
                    "INSERT OR REPLACE INTO answer VALUES (?, ?, ?)",
                    (audio, answer.model, zlib.compress(answer.model_dump_json().encode())),
                )
            database.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)",
                (_key(path), *state, audio, error),
            )


def _key(path: Path) -> bytes:
    """Return a path as it is known from every folder, and whatever its encoding."""
    return os.fsencode(path.absolute())


def _unpacked(packed: bytes, path: Path) -> Answer:
    try:
        return Answer.model_validate_json(zlib.decompress(packed))
    except (zlib.error, ValidationError) as error:
        raise StoreError(f"{path} is damaged: an answer in it cannot be read.") from error
