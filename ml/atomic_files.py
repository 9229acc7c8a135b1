"""Atomic writing of files: written aside, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".draft-"  # how the name of one that is being written begins


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a draft in the folder of `path`, which replaces it when the block ends well.

    A reader finds the old file or the new one and never half of it; two writers at once leave the
    file of one of them. When the block raises, the draft is removed and `path` stays as it was.
    The folder is made where it is missing.

    Yields
    ------
    path of the draft; it has the suffix of `path`, because Keras and NumPy choose a format by it
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{DRAFT}{secrets.token_hex(8)}{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
