"""Put a backup back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from classifier.models import Classification, Worker
from classifier.sources import SourceError, upload_store
from ml.atomic_files import replacing

from . import archive, databases


def restore(path: Path, *, force: bool = False) -> dict[str, int]:
    """Check all of a backup, then put it in place; returns how many files of each kind.

    The database comes last and at once. So a site is as it was, but for more files, when this
    fails on its way.

    Raises
    ------
    BackupError : it is damaged, of another kind or version, or would overwrite a site
    """
    manifest = archive.read_manifest(path)
    _require_same_kind(manifest["database"])
    _require_known(manifest["migrations"])
    if not force:
        _require_empty()
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.DATA_DIR) as scratch:
            folder = Path(scratch)
            archive.extract(path, folder)
            databases.check(folder / archive.DATABASE)
            counts = {
                "uploads": _put_uploads(folder / archive.UPLOADS),
                "files of models": _put_models(folder / archive.MODELS),
                "secret key": _put_secret_key(folder / archive.SECRET_KEY),
            }
            databases.load(folder / archive.DATABASE)
    except (OSError, SourceError) as error:
        raise archive.BackupError(f"The backup could not be put back: {error}.") from error
    return counts


def _require_same_kind(vendor: str) -> None:
    if vendor != connection.vendor:
        raise archive.BackupError(
            f"This backup is of a site on {vendor}, and this one is on {connection.vendor}: "
            "set or unset DATABASE_URL."
        )


def _require_known(migrations: list[str]) -> None:
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    # An app that is here no more, such as that of an earlier queue, has its tables unread.
    here = {config.label for config in apps.get_app_configs()}
    unknown = [m for m in migrations if m.split(".")[0] in here and m not in known]
    if unknown or not any(m.startswith("classifier.") for m in migrations):
        raise archive.BackupError(
            "This backup was made by another version of the site"
            + (f" (it has {unknown[-1]})" if unknown else "")
            + ": install that version first, restore, then upgrade."
        )


def _require_empty() -> None:
    try:
        running = Worker.objects.alive().exists()
        used = Classification.objects.exists() or _users_exist()
    except DatabaseError:  # not even migrated
        return
    if running:
        raise archive.BackupError(
            "This site is running: stop it first, or give --force to replace it while it runs."
        )
    if used:
        raise archive.BackupError(
            "This site has songs or staff of its own: choose another DATA_DIR or database, or "
            "give --force to replace them."
        )


def _users_exist() -> bool:
    from django.contrib.auth import get_user_model

    return get_user_model()._default_manager.exists()


def _put_uploads(folder: Path) -> int:
    files = sorted(folder.glob("*"))
    for path in files:
        with path.open("rb") as file:
            upload_store.keep(File(file))  # type: ignore[arg-type]  # it reads chunks alone
    return len(files)


def _put_models(folder: Path) -> int:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        target = Path(settings.MODELS_DIR) / path.relative_to(folder)
        with replacing(target) as draft:
            shutil.copyfile(path, draft)
    return len(files)


def _put_secret_key(path: Path) -> int:
    if not path.is_file():
        return 0
    with replacing(Path(settings.DATA_DIR) / archive.SECRET_KEY) as draft:
        shutil.copyfile(path, draft)
        draft.chmod(0o600)
    return 1
