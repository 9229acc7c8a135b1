"""What the fake YouTube knows about one video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Stream:
    """One of the forms in which YouTube offers the sound of a video."""

    itag: int
    media_type: str
    rate_hz: int
    quality: str


M4A = Stream(140, 'audio/mp4; codecs="mp4a.40.2"', 44_100, "MEDIUM")
WEBM = Stream(250, 'audio/webm; codecs="opus"', 48_000, "LOW")
Media = bytes | Callable[[], bytes] | None


@dataclass
class Song:
    """One video. Its sound may be given by callables: what nobody fetches is never encoded."""

    id: str
    title: str
    channel: str
    duration_s: int
    views: int = 1000
    live_status: str | None = None  # None, "is_live" or "is_upcoming"
    media: Media = None  # the m4a, which YouTube always has
    webm: Media = None  # None: it is not offered

    def __post_init__(self) -> None:
        if len(self.id) != 11:
            raise ValueError(f"a YouTube id has 11 characters: {self.id!r}")

    @property
    def streams(self) -> list[Stream]:
        return [M4A] if self.webm is None else [M4A, WEBM]

    def content(self, stream: Stream = M4A) -> bytes:
        """One of the media files; encoded at the first call."""
        name = "webm" if stream is WEBM else "media"
        media = getattr(self, name)
        if callable(media):
            media = media()
            setattr(self, name, media)
        return media or b""
