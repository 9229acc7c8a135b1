"""Make a backup of a running site."""

from __future__ import annotations

import os
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from classifier.sources import SourceError, upload_store
from ml.atomic_files import replacing

from . import archive, databases


def create(path: Path, *, with_secret_key: bool = False) -> int:
    """Write a backup beside its place, read it back, and put it there; returns its size.

    Raises
    ------
    BackupError : nothing was written, and an earlier backup of that name is as it was
    """
    try:
        with replacing(path.absolute()) as draft:
            _write(draft, compressed=path.suffix in {".gz", ".tgz"}, with_key=with_secret_key)
            archive.verify(draft)
            return draft.stat().st_size
    except (OSError, SourceError) as error:
        raise archive.BackupError(f"The backup could not be written: {error}.") from error


def _write(draft: Path, *, compressed: bool, with_key: bool) -> None:
    with draft.open("xb") as file:
        with tarfile.open(fileobj=file, mode="w:gz" if compressed else "w") as tar:
            writer = archive.Writer(tar)
            _add_database(writer, draft.parent)
            _add_uploads(writer)
            _add_models(writer)
            if with_key:
                _add_secret_key(writer)
            writer.finish(
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                database=connection.vendor,
                migrations=sorted(f"{app}.{name}" for app, name in _applied()),
            )
        file.flush()
        os.fsync(file.fileno())


def _applied() -> list[tuple[str, str]]:
    return list(MigrationRecorder(connection).applied_migrations())


def _add_database(writer: archive.Writer, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as scratch:
        copy = Path(scratch) / archive.DATABASE
        databases.dump(copy)
        databases.check(copy)
        with copy.open("rb") as file:
            writer.add(archive.DATABASE, file)


def _add_uploads(writer: archive.Writer) -> None:
    # After the database: a job that was done meanwhile has no file any more and needs none.
    for name in upload_store.stale(datetime.max.replace(tzinfo=UTC)):
        if not upload_store.SHA256.fullmatch(name):
            continue  # a draft
        try:
            with upload_store.opened(name) as file:
                writer.add(f"{archive.UPLOADS}{name}", file)
        except SourceError as error:
            if error.kind != "upload_gone":
                raise


def _add_models(writer: archive.Writer) -> None:
    folder = Path(settings.MODELS_DIR)
    for path in sorted(folder.rglob("*")):
        name = f"{archive.MODELS}{path.relative_to(folder).as_posix()}"
        if path.is_file() and not path.is_symlink() and archive.NAMES.fullmatch(name):
            with path.open("rb") as file:
                writer.add(name, file)


def _add_secret_key(writer: archive.Writer) -> None:
    path = Path(settings.DATA_DIR) / archive.SECRET_KEY
    if not path.is_file():
        raise archive.BackupError(
            "SECRET_KEY is a setting here and in no file: keep it where the settings are kept."
        )
    with path.open("rb") as file:
        writer.add(archive.SECRET_KEY, file)
