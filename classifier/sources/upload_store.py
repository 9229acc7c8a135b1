"""Files of uploads, stored under their SHA-256 until they are classified."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from ml.atomic_files import replacing

SHA256 = re.compile(r"[0-9a-f]{64}")


def path_of(sha256: str) -> Path:
    """Return the path of an upload; the name is checked, as nothing typed may become a path."""
    if not SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return Path(settings.UPLOAD_DIR) / sha256


def keep(file: UploadedFile) -> str:
    """Store a file under its SHA-256, which is returned. Two equal files are one."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    # A worker never meets half a file, nor do two equal uploads clash.
    with replacing(path_of(digest.hexdigest())) as draft:
        draft.touch(mode=0o600)  # what visitors send is nobody else's to read on this machine
        with draft.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
    return digest.hexdigest()


def remove(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)
