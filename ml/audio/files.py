"""Finding audio files among what a person points at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SUFFIXES = {
    ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".webm",
    ".mka", ".au", ".aif", ".aiff", ".caf",
}  # fmt: skip


def find_audio(paths: Iterable[Path]) -> list[Path]:
    """Every file named, and every audio file (by suffix) in the folders named, without repeats.

    Files named one by one are kept whatever they are called: whether they hold audio is for the
    decoder to say. Hidden files, such as the "._song.mp3" that macOS leaves, are passed over.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if not hidden and file.suffix.lower() in SUFFIXES and file.is_file():
                    found[file] = None
        else:
            found[path] = None
    return list(found)
