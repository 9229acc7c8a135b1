"""Uploaded files: taken in within limits, kept by content, removed when answered."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

SHA256 = re.compile(r"[0-9a-f]{64}")


def path_of(sha256: str) -> Path:
    """Where an upload lies. The name is checked: nothing a visitor types becomes a path."""
    if not SHA256.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return Path(settings.UPLOAD_DIR) / sha256


def keep(file: UploadedFile) -> str:
    """Store a file under its SHA-256, which is returned. Two equal files are one."""
    folder = Path(settings.UPLOAD_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    # Written aside and renamed: a worker never meets half a file, nor do two equal uploads clash.
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix="draft-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            for chunk in file.chunks():
                digest.update(chunk)
                out.write(chunk)
        os.replace(draft, path_of(digest.hexdigest()))
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def remove(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)


def remove_stale(age_s: float = 24 * 3600) -> int:
    """Remove what no job will ask for any more; returns how many files."""
    limit = time.time() - age_s
    stale = [path for path in Path(settings.UPLOAD_DIR).glob("*") if path.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
