"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a draft in the folder of `path`, which takes its place when the block ends well.

    A reader meets the old file or the new one and never half of it; two writers at once leave the
    file of one of them. When the block raises, the draft is removed and `path` stays as it was.
    The folder is made where it is missing. The draft keeps the suffix of `path`, because Keras
    and NumPy choose a format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{secrets.token_hex(8)}{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
