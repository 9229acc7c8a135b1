"""Files of uploads, stored under their SHA-256 until they are classified.

Where they lie is Django's storage "uploads" (settings.STORAGES): a folder of this machine, or a
bucket that several machines share. Nothing of it is served to anybody.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile

from .base import SourceError

log = logging.getLogger(__name__)

SHA256 = re.compile(r"[0-9a-f]{64}")


class StoredFile(NamedTuple):
    """What a storage tells of a file without opening it."""

    name: str
    size: int
    changed_at: datetime


class Storage(Protocol):
    """What is used of a Django storage, and `entries`, which lists it with sizes and times.

    A storage that cannot be reached raises ConnectionError.
    """

    def open(self, name: str, mode: str = "rb") -> File: ...
    def save(self, name: str, content: File) -> str: ...
    def delete(self, name: str) -> None: ...
    def exists(self, name: str) -> bool: ...
    def entries(self) -> Iterator[StoredFile]: ...


def keep(file: UploadedFile) -> str:
    """Store a file under its SHA-256, which is returned. Two equal files are one.

    Raises
    ------
    SourceError : the storage cannot be reached; nothing is stored then
    """
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    with _reached() as storage:
        storage.save(digest.hexdigest(), file)
    return digest.hexdigest()


def exists(sha256: str) -> bool:
    """Tell whether an upload is stored. Raises SourceError."""
    with _reached() as storage:
        return storage.exists(_checked(sha256))


def opened(sha256: str) -> File:
    """Open an upload to be read: a file of this machine, with a descriptor, wherever it came from.

    Raises
    ------
    SourceError : it is no longer stored, or the storage cannot be reached
    """
    with _reached() as storage:
        try:
            return storage.open(_checked(sha256), "rb")
        except FileNotFoundError:
            raise SourceError("upload_gone") from None


def remove(sha256: str) -> None:
    """Remove an upload, as `discard` does."""
    discard(_checked(sha256))


def total_bytes() -> int:
    """Return how much is stored. Raises SourceError."""
    with _reached() as storage:
        return sum(file.size for file in storage.entries())


def check_room(size: int) -> None:
    """Raise SourceError where a file of this size is too much for UPLOADS_MAX_MB."""
    limit = settings.UPLOADS_MAX_BYTES
    if limit and total_bytes() + size > limit:
        log.warning("no room for an upload: UPLOADS_MAX_MB is reached")
        raise SourceError("storage_full")


def stale(before: datetime) -> list[str]:
    """Return the names of files that were stored before a moment, for `discard`.

    Raises SourceError.
    """
    with _reached() as storage:
        return [file.name for file in storage.entries() if file.changed_at < before]


def discard(name: str) -> None:
    """Delete what `stale` named, if it is there; never raises SourceError.

    An answer does not fail because its file is left over: the next purge removes it.
    """
    with contextlib.suppress(SourceError), _reached() as storage:
        storage.delete(name)


def _checked(sha256: str) -> str:
    """Return the name, if it is a digest: nothing typed may become a path."""
    if not SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return sha256


@contextlib.contextmanager
def _reached() -> Iterator[Storage]:
    try:
        yield cast("Storage", storages["uploads"])
    except ConnectionError as error:
        log.warning("the storage of uploads cannot be reached: %s", error)
        raise SourceError("storage_away", detail=str(error)) from error
