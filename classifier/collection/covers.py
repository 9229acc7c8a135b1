"""Covers of albums: small pictures in DATA_DIR, made of what lies in the tags."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from pathlib import Path

from django.conf import settings
from PIL import Image

from ml.atomic_files import replacing
from ml.collection.details import read_cover
from ml.collection.tags import TagError

log = logging.getLogger(__name__)

SIZE = 320  # pixels
MOST_PIXELS = 40_000_000
NAME = re.compile(r"[0-9a-f]{64}")
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def folder() -> Path:
    return Path(settings.DATA_DIR) / "covers"


def path_of(name: str) -> Path:
    """Return where a cover is kept. `name` is a SHA-256 in hexadecimal, or ValueError is raised."""
    if not NAME.fullmatch(name):
        raise ValueError(name)
    return folder() / f"{name}.jpg"


def has_cover(name: str) -> bool:
    """Tell whether a cover is where it should be; a restored site has none until it is scanned."""
    return not name or path_of(name).exists()


def keep_cover(path: Path) -> str:
    """Make a small picture of a file's cover, and return its name; "" where there is none."""
    try:
        data = read_cover(path)
    except (TagError, OSError):
        return ""
    if not data:
        return ""
    name = hashlib.sha256(data).hexdigest()
    target = path_of(name)
    if target.exists():
        return name
    try:
        small = _small(data)
        with replacing(target) as draft:
            draft.write_bytes(small)
    except Exception as error:  # a damaged picture may raise anything; the song is heard without
        log.info("no cover of %s: %r", path, error)
        return ""
    return name


def _small(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too large")
        picture.draft("RGB", (SIZE, SIZE))
        small = picture.convert("RGB")
    small.thumbnail((SIZE, SIZE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
