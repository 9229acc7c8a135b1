"""The server's own demo tracks, in `classifier/library/`."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from classifier.genres import genre_name
from ml.audio.confined import decode

from .base import Audio, SourceError, Track

WORD = re.compile(r"\w+")
FOLDER = Path(__file__).resolve().parent.parent / "library"


@cache
def catalog() -> dict[str, dict]:
    """Return the entries of the catalogue by slug; none where the library was left out."""
    path = FOLDER / "catalog.json"
    entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return {entry["slug"]: entry for entry in entries}


def _track(entry: dict) -> Track:
    return Track(
        source="library",
        source_id=entry["slug"],
        title=entry["title"],
        artist=entry["artist"],
        duration_s=entry["duration_s"],
        genre=entry["genre"],
        note=entry["licence"],
        credit=entry["attribution"],
    )


def _entry(slug: str) -> dict:
    try:
        return catalog()[slug]
    except KeyError:
        raise SourceError("track_gone") from None


def tracks() -> list[Track]:
    return [_track(entry) for entry in catalog().values()]


def search(query: str) -> list[Track]:
    """Return tracks with words in title, artist or genre that begin with those of the query."""
    asked = WORD.findall(query.casefold())

    def words_of(entry: dict) -> list[str]:
        text = f"{entry['title']} {entry['artist']} {genre_name(entry['genre'])}".casefold()
        return WORD.findall(f"{text} {text.replace('-', '')}")

    return [
        _track(entry)
        for entry in catalog().values()
        if asked and all(any(w.startswith(a) for w in words_of(entry)) for a in asked)
    ]


def describe(source_id: str) -> Track:
    return _track(_entry(source_id))


def fetch(source_id: str, rate_hz: int, **options: object) -> Audio:
    entry = _entry(source_id)
    samples = decode(FOLDER / entry["file"], rate_hz=rate_hz)
    return Audio([(0.0, samples)], rate_hz, samples.size / rate_hz)
