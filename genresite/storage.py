"""How collected static files are stored, and uploads in a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from classifier.sources.upload_store import StoredFile
from ml.atomic_files import replacing


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """Names hold a hash of the content, in the imports of JavaScript modules too.

    An import map would do the same, but must be inline, which the security policy forbids.
    """

    support_js_module_import_aggregation = True

    # A page names a dozen files, whose names do not change while the site runs.
    @cache  # noqa: B019  there is one storage
    def url(self, name: str, force: bool = False) -> str:
        return str(super().url(name, force))


class LocalUploads(FileSystemStorage):
    """Uploads in UPLOAD_DIR, which are this user's alone and have no address on the site."""

    # Not cached as in FileSystemStorage: the setting is read each time.
    @property
    def base_location(self) -> Path:
        return Path(settings.UPLOAD_DIR)

    @property
    def location(self) -> str:
        return os.path.abspath(self.base_location)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself: it is the content's digest, so two equal files are one."""
        return name

    def _save(self, name: str, content: File) -> str:
        # A worker never meets half a file, nor do two equal uploads clash.
        with replacing(Path(self.path(name))) as draft:
            draft.touch(mode=0o600)
            with draft.open("wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
        return name

    def url(self, name: str | None) -> str:
        raise ValueError("Uploads have no address: nobody is served one.")

    def entries(self) -> Iterator[StoredFile]:
        """Yield what is stored, drafts that were never finished included."""
        try:
            found = list(os.scandir(self.location))
        except FileNotFoundError:  # nobody has sent anything yet
            return
        for entry in found:
            try:
                if entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    changed = datetime.fromtimestamp(stat.st_mtime, UTC)
                    yield StoredFile(entry.name, stat.st_size, changed)
            except FileNotFoundError:  # another process has just finished with it
                continue
