"""Reading and writing of the genre in a file's tags, in every format, by mutagen.

Beside the genre, what this program wrote has fields of its own: which genre it wrote, by which
model, by which weights, and how probably it is right. So what a person wrote is never taken for
its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import mutagen
from mutagen.id3 import ID3, TCON, TXXX
from mutagen.mp4 import MP4Tags

from ml.errors import MLError

GENRE = "GENRE"
WROTE, MODEL, WEIGHTS, RIGHT = (
    "GENRESITE_GENRE", "GENRESITE_MODEL", "GENRESITE_WEIGHTS", "GENRESITE_PROBABILITY",
)  # fmt: skip
OWN = (WROTE, MODEL, WEIGHTS, RIGHT)
FIELDS = (GENRE, *OWN)
FREE_FORM = "----:com.apple.iTunes:"
MP4_GENRE, MP4_NUMBER = "\xa9gen", "gnre"
ENCODING = re.compile(r"encoding=<[^>]*>,? ?")
Fields = dict[str, tuple[str, ...]]


class TagError(MLError):
    """The tags of a file cannot be read or written; the message is for the file's owner."""


class Tags(NamedTuple):
    """What the tags of a file hold.

    fields : the values of `FIELDS`, those that are there
    others : a digest of all other tags and covers
    title, artist, album : "" where there is none
    """

    fields: Fields
    others: str
    title: str
    artist: str
    album: str

    @property
    def genres(self) -> tuple[str, ...]:
        return self.fields.get(GENRE, ())

    @property
    def is_persons(self) -> bool:
        """Whether a person, or another program, wrote the genre that stands there."""
        return any(map(str.strip, self.genres)) and self.genres != self.fields.get(WROTE)


def read_tags(path: Path) -> Tags:
    """Read the tags of a file.

    Raises
    ------
    TagError : it has no tags that could be written; OSError : it cannot be read
    """
    file, form, tags = _opened(path)
    fields = {name: values for name in FIELDS if (values := form.get(tags, name))}
    told = {name: form.told(tags, name) for name in ("title", "artist", "album")}
    return Tags(fields, _digest(file, form, tags), **told)


def write_fields(path: Path, fields: Mapping[str, tuple[str, ...]]) -> None:
    """Set `FIELDS` in a file, and remove those of them that have no values.

    Raises
    ------
    TagError : the tags cannot be written; OSError : as on a full disk
    """
    file, form, tags = _opened(path)
    for name in FIELDS:
        form.put(tags, name, fields.get(name, ()))
    try:
        form.save(file)
    except Exception as error:
        raise refusal(error, "written") from error


class _Form(NamedTuple):
    """How one kind of tags holds fields."""

    get: Callable[[Any, str], tuple[str, ...]]
    put: Callable[[Any, str, tuple[str, ...]], None]
    told: Callable[[Any, str], str]
    keys: Callable[[str], str]
    save: Callable[[Any], None]


def _opened(path: Path) -> tuple[Any, _Form, Any]:
    try:
        file = mutagen.File(path)
        if file is None:
            raise TagError("it is of a format whose tags are not known here")
        if file.tags is None:
            file.add_tags()
    except TagError:
        raise
    except Exception as error:
        raise refusal(error, "read") from error
    tags = file.tags
    if isinstance(tags, ID3):
        return file, _ID3, tags
    if isinstance(tags, MP4Tags):
        return file, _MP4, tags
    if hasattr(tags, "as_dict"):
        return file, _VORBIS, tags
    raise TagError("it is of a format whose tags are not known here")


def refusal(error: Exception, done: str) -> Exception:
    """Return what to raise instead of an error of mutagen's.

    Of a damaged file it raises errors of many classes, among them an OSError without a number; one
    with a number is the system's, as of a full disk.
    """
    for found in (error, error.__context__):
        if isinstance(found, OSError) and found.errno:
            return found
    return TagError(f"its tags cannot be {done} ({str(error) or type(error).__name__})")


# ID3, of mp3, wav and aiff


def _id3_key(name: str) -> str:
    return "TCON" if name == GENRE else f"TXXX:{name}"


def _id3_get(tags: ID3, name: str) -> tuple[str, ...]:
    frame = tags.get(_id3_key(name))
    if frame is None:
        return ()
    return tuple(frame.genres if name == GENRE else map(str, frame.text))


def _id3_put(tags: ID3, name: str, values: tuple[str, ...]) -> None:
    if not values:
        tags.delall(_id3_key(name))
    elif name == GENRE:
        tags.setall("TCON", [TCON(encoding=3, text=list(values))])
    else:
        tags.setall(_id3_key(name), [TXXX(encoding=3, desc=name, text=list(values))])


def _id3_told(tags: ID3, name: str) -> str:
    frame = tags.get({"title": "TIT2", "artist": "TPE1", "album": "TALB"}[name])
    return str(frame.text[0]) if frame is not None and frame.text else ""


def _id3_save(file: Any) -> None:
    version = file.tags.version[1]
    # A player that reads version 2.3 alone still reads it afterwards.
    if version < 4:
        # They are of version 2.4, and in use in 2.3 all the same; mutagen takes them away.
        sorting = [frame for key in ("TSOP", "TSOA", "TSOT") for frame in file.tags.getall(key)]
        file.tags.update_to_v23()
        for frame in sorting:
            file.tags.add(frame)
        file.save(v2_version=3, v23_sep=None)
    else:
        file.save()


# Vorbis comments, of flac, ogg and opus


def _vorbis_get(tags: Any, name: str) -> tuple[str, ...]:
    return tuple(tags.get(name, ()))


def _vorbis_put(tags: Any, name: str, values: tuple[str, ...]) -> None:
    if values:
        tags[name] = list(values)
    elif name in tags:
        del tags[name]


def _vorbis_told(tags: Any, name: str) -> str:
    return next(iter(tags.get(name, ())), "")


# MP4, of m4a


def _mp4_key(name: str) -> str:
    return MP4_GENRE if name == GENRE else FREE_FORM + name


def _mp4_get(tags: MP4Tags, name: str) -> tuple[str, ...]:
    values = tags.get(_mp4_key(name), ())
    return tuple(
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values
    )


def _mp4_put(tags: MP4Tags, name: str, values: tuple[str, ...]) -> None:
    key = _mp4_key(name)
    if name == GENRE:
        tags.pop(MP4_NUMBER, None)
    if values:
        tags[key] = list(values) if name == GENRE else [value.encode() for value in values]
    else:
        tags.pop(key, None)


def _mp4_told(tags: MP4Tags, name: str) -> str:
    values = tags.get({"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb"}[name], ())
    return next(iter(values), "")


def _save(file: Any) -> None:
    file.save()


_ID3 = _Form(_id3_get, _id3_put, _id3_told, _id3_key, _id3_save)
_VORBIS = _Form(_vorbis_get, _vorbis_put, _vorbis_told, str.lower, _save)
_MP4 = _Form(_mp4_get, _mp4_put, _mp4_told, _mp4_key, _save)


def _digest(file: Any, form: _Form, tags: Any) -> str:
    """Digest all tags but `FIELDS`, and the covers."""
    ours = {form.keys(name) for name in FIELDS} | {MP4_NUMBER}
    pairs = tags if form is _VORBIS else tags.items()  # a comment may stand there several times
    rows = [(key.lower(), _shown(value)) for key, value in pairs if _named(key, form) not in ours]
    rows += [("picture", _shown(picture.data)) for picture in getattr(file, "pictures", ())]
    return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()


def _named(key: str, form: _Form) -> str:
    return key.lower() if form is _VORBIS else key


def _shown(value: Any) -> str:
    """Return a value without how its letters are encoded, which a rewrite may change."""
    if text := getattr(value, "text", None):
        return repr([str(item) for item in text])
    return ENCODING.sub("", repr(value))
