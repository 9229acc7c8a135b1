"""The tar file: what may be in it, and its list of digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ml.errors import MLError

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
SECRET_KEY = "secret_key"  # noqa: S105  the name of a file
UPLOADS, MODELS = "uploads/", "models/"
BLOCK_BYTES = 1024 * 1024
MOST_MANIFEST_BYTES = 64 * 1024 * 1024
# Every name that a backup may have; none of them leads out of the folder it is put in.
NAMES = re.compile(
    rf"{DATABASE}|{SECRET_KEY}|{UPLOADS}[0-9a-f]{{64}}"
    rf"|{MODELS}[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){{0,3}}"
)


class BackupError(MLError):
    """A backup cannot be made or put back; `str(error)` is a sentence with the next step."""


class Writer:
    """Adds files to a tar, notes their digests, and ends with the list of them."""

    def __init__(self, tar: tarfile.TarFile):
        self._tar = tar
        self._digests: dict[str, str] = {}

    def add(self, name: str, file: IO[bytes]) -> None:
        """Add an open file; what is not a name of a backup is a mistake of the caller."""
        if not NAMES.fullmatch(name):
            raise ValueError(f"{name!r} has no place in a backup")
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        digesting = _Digesting(file)
        self._tar.addfile(_info(name, size), digesting)
        self._digests[name] = digesting.digest.hexdigest()

    def finish(self, **facts: Any) -> None:
        manifest = {"format": FORMAT, **facts, "sha256": self._digests}
        data = json.dumps(manifest, indent=1).encode()
        self._tar.addfile(_info(MANIFEST, len(data)), io.BytesIO(data))


class _Digesting:
    def __init__(self, file: IO[bytes]):
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the list at the end of a backup. Raises BackupError."""
    with _opened(path) as tar:
        for member in tar:
            if member.name == MANIFEST and member.isreg() and member.size < MOST_MANIFEST_BYTES:
                return _parsed(_content(tar, member).read())
    raise BackupError(f"{path} is no backup of this site, or it was cut off: its list is missing.")


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        newer = manifest["format"] > FORMAT
        digests = manifest["sha256"]
        database, migrations = manifest["database"], manifest["migrations"]
    except (ValueError, KeyError, TypeError):
        raise BackupError("The list in this backup cannot be read.") from None
    if newer:
        raise BackupError("This backup was made by a later version: install that version first.")
    if not (
        isinstance(digests, dict) and isinstance(database, str) and isinstance(migrations, list)
    ):
        raise BackupError("The list in this backup cannot be read.")
    return manifest


def extract(path: Path, folder: Path) -> None:
    """Put the files of a backup in a folder, if each is as the list says. Raises BackupError."""
    expected = read_manifest(path)["sha256"]
    found = {}
    with _opened(path) as tar:
        for member in tar:
            if member.name == MANIFEST:
                continue
            if not (member.isreg() and NAMES.fullmatch(member.name)):
                raise BackupError(
                    f"{member.name!r} has no place in a backup; nothing was restored."
                )
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                found[member.name] = _copy(_content(tar, member), out)
    if found != expected:
        raise BackupError(f"{path} is damaged: its files are not those of its list.")


def verify(path: Path) -> None:
    """Read a backup to its end and compare every digest. Raises BackupError."""
    expected = read_manifest(path)["sha256"]
    with _opened(path) as tar:
        found = {
            member.name: _copy(_content(tar, member), None)
            for member in tar
            if member.name != MANIFEST
        }
    if found != expected:
        raise BackupError(f"{path} cannot be read back as it was written; is the disk all right?")


def _copy(source: IO[bytes], out: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        if out:
            out.write(block)
    return digest.hexdigest()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    assert file is not None  # noqa: S101  of regular files there is always one
    return file


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path) as tar:
            yield tar
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = " ".join(str(error).split())  # of a file that is no tar, a line for each try
        raise BackupError(f"{path} is no backup that can be read: {reason}.") from error
