"""What the tags of a file tell of the song: its title, its artist, its album, its cover."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from .tags import refusal

ID3_FRAMES = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "albumartist": "TPE2", "genre": "TCON",
    "tracknumber": "TRCK", "date": "TDRC",
}  # fmt: skip
NUMBER = re.compile(r"\d{1,6}")
YEAR = re.compile(r"\d{4}")
LARGEST_COVER = 20_000_000  # bytes


@dataclass(frozen=True)
class Details:
    """What a file says of itself; "" and None for what it does not say.

    duration_s : as its container tells
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    genre: str = ""
    track_number: int | None = None
    year: int | None = None
    duration_s: float | None = None


def read_details(path: Path) -> Details:
    """Read what a file says of itself.

    Raises
    ------
    TagError : its tags cannot be read; OSError : the file cannot be read
    """
    try:
        file = mutagen.File(path, easy=True)
    except Exception as error:
        raise refusal(error, "read") from error
    if file is None:
        return Details()
    length = getattr(file.info, "length", None)
    return Details(
        title=_first(file.tags, "title"),
        artist=_first(file.tags, "artist"),
        album=_first(file.tags, "album"),
        album_artist=_first(file.tags, "albumartist"),
        genre="; ".join(_all(file.tags, "genre")).replace("\0", "; "),
        track_number=_number(NUMBER, _first(file.tags, "tracknumber")),
        year=_number(YEAR, _first(file.tags, "date")),
        duration_s=float(length) if length and 0 < length < 1e6 else None,
    )


def read_cover(path: Path) -> bytes | None:
    """Return the bytes of a file's first picture, of any kind; None where it has none.

    Raises
    ------
    As `read_details`
    """
    try:
        file = mutagen.File(path)
        found = _picture(file) if file is not None else None
    except Exception as error:
        raise refusal(error, "read") from error
    return found if found and len(found) <= LARGEST_COVER else None


def _picture(file: Any) -> bytes | None:
    if pictures := getattr(file, "pictures", None):
        return bytes(pictures[0].data)
    tags = file.tags
    if isinstance(tags, ID3):
        frames = tags.getall("APIC")
        return bytes(frames[0].data) if frames else None
    if isinstance(tags, MP4Tags):
        covers = tags.get("covr", ())
        return bytes(covers[0]) if covers else None
    if tags is not None and (blocks := tags.get("metadata_block_picture")):
        return bytes(Picture(base64.b64decode(blocks[0])).data)
    return None


def _all(tags: Any, name: str) -> list[str]:
    if tags is None:
        return []
    if isinstance(tags, ID3):
        frame = tags.get(ID3_FRAMES[name])
        if frame is None:
            return []
        return list(frame.genres) if name == "genre" else [str(value) for value in frame.text]
    try:
        return [str(value) for value in tags.get(name, ())]
    except (KeyError, ValueError):
        return []


def _first(tags: Any, name: str) -> str:
    return next(iter(_all(tags, name)), "").replace("\0", " ").strip()


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[0]) if found else None
