"""Songs to put into the fake: the demo library's tracks, chords and melodies, and worse."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.testbed.fake_youtube.song import Song

from . import encode

LIBRARY = Path(__file__).resolve().parents[3] / "classifier" / "library"
SONG_S = 240
RATE_HZ = 44_100


def _cached(key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes that `make` gives, kept in the temp folder under the hash of `key`."""
    folder = Path(tempfile.gettempdir()) / "fake-youtube-songs"
    folder.mkdir(exist_ok=True)
    path = folder / hashlib.sha256(f"v2 {key}".encode()).hexdigest()[:24]
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as half:
            half.write(make())
        Path(half.name).replace(path)  # whole or not at all, for tests that run side by side
    return path.read_bytes()


def song_id(name: str) -> str:
    """An id like YouTube's, always the same for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:11]


def _demo_media(path: Path, sha256: str, seconds: int) -> bytes:
    return _cached(
        f"{sha256} {seconds}",
        lambda: encode.m4a(encode.read(path, RATE_HZ), RATE_HZ, seconds=seconds),
    )


def _demo_webm(path: Path, sha256: str, seconds: int) -> bytes:
    return _cached(
        f"{sha256} {seconds} webm",
        lambda: encode.webm(encode.read(path, encode.WEBM_RATE_HZ), seconds=seconds),
    )


def _demo(track: dict, seconds: int) -> Song:
    path = LIBRARY / track["file"]
    return Song(
        id=song_id(f"{track['slug']} {seconds}"),
        title=track["title"],
        channel=track["artist"],
        duration_s=seconds,
        views=1_000 + int(track["sha256"][:5], 16),
        media=functools.partial(_demo_media, path, track["sha256"], seconds),
        webm=functools.partial(_demo_webm, path, track["sha256"], seconds),
    )


def _catalog() -> list[dict]:
    return json.loads((LIBRARY / "catalog.json").read_text(encoding="utf-8"))


def demo_songs() -> list[Song]:
    """The tracks of the demo library as songs of four minutes; encoded when first fetched."""
    return [_demo(track, SONG_S) for track in _catalog()]


def hour_mix() -> Song:
    """One of the tracks, an hour long: 57 MB as m4a, 29 MB as WebM."""
    song = _demo(_catalog()[0], 3600)
    song.title += " (one hour mix)"
    return song


def _sine(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def _chord(seconds: float, rate_hz: int) -> np.ndarray:
    """[shape=(2, n)]"""
    notes = [_sine(hz, min(seconds, 10), rate_hz) for hz in (220.0, 261.63, 329.63)]
    return np.tile(0.2 * np.mean(notes, axis=0), (2, 1))


@functools.cache
def _chord_m4a(seconds: float) -> bytes:
    return encode.m4a(_chord(seconds, RATE_HZ), RATE_HZ, seconds=seconds)


@functools.cache
def _chord_webm(seconds: float) -> bytes:
    return encode.webm(_chord(seconds, encode.WEBM_RATE_HZ), seconds=seconds)


def _melody(rate_hz: int) -> np.ndarray:
    """37 s of notes by chance, [shape=(1, n)]: each place in it sounds unlike the others."""
    pitches = np.random.default_rng(1).uniform(120, 600, 148)
    return 0.3 * np.concatenate([_sine(hz, 0.25, rate_hz) for hz in pitches])[None]


def _melody_m4a(seconds: float, layout: str) -> bytes:
    options = getattr(encode, layout)
    return _cached(
        f"notes {seconds} {options}",
        lambda: encode.m4a(_melody(RATE_HZ), RATE_HZ, seconds=seconds, options=options),
    )


def _melody_webm(seconds: float) -> bytes:
    return _cached(
        f"notes {seconds} webm",
        lambda: encode.webm(_melody(encode.WEBM_RATE_HZ), seconds=seconds),
    )


def melody(seconds: float = 240, layout: str = "DASH", **values) -> Song:
    """A song in which one can tell where one is. `layout` of the m4a: a name in `encode`, such as
    INDEX_LAST or NO_INDEX; `webm=None` leaves only the m4a.
    """
    defaults = {
        "id": song_id(f"melody {seconds} {layout}"),
        "title": "Notes by Chance",
        "channel": "The Dice",
        "duration_s": round(seconds),
        "media": functools.partial(_melody_m4a, seconds, layout),
        "webm": functools.partial(_melody_webm, seconds),
    }
    return Song(**defaults | values)


def tiny_song(seconds: float = 12, **values) -> Song:
    """A chord, encoded in a moment; give `title`, `live_status` and so on as for a Song."""
    defaults = {
        "id": "tiny-song_1",
        "title": "A Minor Chord",
        "channel": "The Sine Waves",
        "duration_s": round(seconds),
        "media": functools.partial(_chord_m4a, seconds),
        "webm": functools.partial(_chord_webm, seconds),
    }
    return Song(**defaults | values)


@functools.cache
def bomb(hours: float = 20) -> bytes:
    """A file of a few MB that decodes to many hours of silence."""
    silence = np.zeros((1, 8_000), np.float32)
    return _cached(
        f"bomb {hours}",
        lambda: encode.m4a(
            silence, 8_000, seconds=hours * 3600, bit_rate=8_000, options=encode.FASTSTART
        ),
    )
