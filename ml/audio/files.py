"""Search for audio files in the paths that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = {
    ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".webm",
    ".mka", ".au", ".aif", ".aiff", ".caf",
}  # fmt: skip


def find_audio(paths: Iterable[Path]) -> list[Path]:
    """Return every file named, and every audio file (by suffix) below the folders named.

    Files named one by one are kept whatever their suffix: whether they hold audio is found out by
    decoding. Hidden files, such as the "._song.mp3" that macOS leaves, are left out.

    Returns
    -------
    list of paths, each once
    """
    found: dict[Path, None] = {}
    for path in paths:
        if os.path.isdir(path):  # where pathlib raises, as for a name that is too long
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if not hidden and file.suffix.lower() in SUFFIXES and _may_be_file(file):
                    found[file] = None
        else:
            found[path] = None
    return list(found)


def _may_be_file(path: Path) -> bool:
    """Tell whether it is one; what may not be asked about is told of when it is opened."""
    try:
        return path.is_file()
    except OSError:
        return True
