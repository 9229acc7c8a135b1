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
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

SHA256 = re.compile(r"[0-9a-f]{64}")
TOKEN = re.compile(r"[A-Za-z0-9]{8,40}")
# The form's other fields and the multipart boundaries, besides the file itself.
FORM_OVERHEAD_BYTES = 64 * 1024


class SizeLimitUploadHandler(FileUploadHandler):
    """Stops reading a request once it is over the limit, so that no disk is filled by it.

    The form sees no file then and `request.upload_too_large` set, and says so in a sentence.
    """

    def handle_raw_input(self, input_data, meta, content_length, boundary, encoding=None):
        self.total = 0
        limit = settings.UPLOAD_MAX_BYTES + FORM_OVERHEAD_BYTES
        if content_length > limit:
            self.request.upload_too_large = True

    def receive_data_chunk(self, raw_data, start):
        self.total += len(raw_data)
        too_large = getattr(self.request, "upload_too_large", False)
        if too_large or self.total > settings.UPLOAD_MAX_BYTES:
            self.request.upload_too_large = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size):
        return None


def token_of(request: HttpRequest) -> str:
    """Under what the sender's browser keeps the file for itself (kept.js); "" where it does not.

    It goes back to that browser and is stored nowhere here.
    """
    token = request.POST.get("token", "")
    return token if TOKEN.fullmatch(token) else ""


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
