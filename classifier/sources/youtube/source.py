"""YouTube: search, links, and short excerpts of a song instead of the whole.

yt-dlp runs in a child process (`ytdlp/`); this module turns its events into Track and Audio.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from django.conf import settings

from classifier.formatting import without_nul
from classifier.sources.base import Audio, Playlist, SourceError, Track
from classifier.sources.youtube.video_id import VIDEO_ID
from classifier.sources.youtube.ytdlp.config import Config
from classifier.sources.youtube.ytdlp.failures import FAILURES, YouTubeFailure

from . import cooldown, thumbnail_host, thumbnails
from .links import checked_playlist, looks_like_link, start_of, video_id
from .ytdlp import process

log = logging.getLogger(__name__)

RESULTS = 12
MOST_RESULTS = 48  # each dozen costs YouTube, and so this server, another request
# Enough for a site of this size; YouTube takes many at once for a robot.
searches = threading.BoundedSemaphore(4)
SEARCH_QUEUE_S = 1.0


def config() -> Config:
    """Return the operator's settings, as the child process needs them. Raises SourceError."""
    return Config(
        proxy=thumbnail_host.configured_proxy(),
        cookies=_cookies(),
        source_address=settings.YOUTUBE_SOURCE_ADDRESS,
        extractor_args=settings.YOUTUBE_EXTRACTOR_ARGS,
        cache_dir=str(Path(settings.DATA_DIR) / "yt-dlp"),
        windows=settings.YOUTUBE_EXCERPTS,
        window_s=float(settings.YOUTUBE_EXCERPT_S),
        parallel=settings.YOUTUBE_PARALLEL,
        max_duration_s=settings.YOUTUBE_MAX_MINUTES * 60.0,
        whole_max_s=settings.YOUTUBE_WHOLE_MINUTES * 60.0,
        max_bytes=settings.YOUTUBE_MAX_MB * 1024 * 1024,
        whole_max_bytes=settings.YOUTUBE_WHOLE_MAX_MB * 1024 * 1024,
    )


def _cookies() -> str:
    path = settings.YOUTUBE_COOKIES_FILE
    try:
        return Path(path).read_text() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise _error(YouTubeFailure("cookies", repr(error))) from error


def find(query: str, limit: int = RESULTS) -> list[Track]:
    """Find songs for a query; for a link or an id, the one it leads to. Raises SourceError."""
    if looks_like_link(query):
        return [describe(video_id(query), start_s=start_of(query))]
    found = _ask("search", {"query": query, "limit": min(limit, MOST_RESULTS)})
    return [_card(entry) for entry in found["entries"]]


def playlist(playlist_id: str) -> Playlist:
    """List the videos of a playlist. Raises SourceError."""
    wanted = checked_playlist(playlist_id)
    found = _ask("playlist", {"playlist_id": wanted, "limit": settings.PLAYLIST_MAX_VIDEOS})
    return Playlist(
        playlist_id,
        title=without_nul(found["title"]),
        artist=without_nul(found["channel"]),
        tracks=tuple(_card(entry) for entry in found["entries"]),
        unavailable=found["unavailable"],
        has_more=found["has_more"],
    )


def _ask(task: str, arguments: dict) -> dict:
    """Return the one event of a search or of a playlist. Raises SourceError."""
    _require_usable()
    # Not for long: whoever waits here holds a thread of the web process.
    if not searches.acquire(timeout=SEARCH_QUEUE_S):
        raise _error(YouTubeFailure("timeout", "too many searches at once"))
    try:
        (found,) = process.run(task, config(), arguments, settings.YOUTUBE_SEARCH_TIMEOUT_S)
    except YouTubeFailure as failure:
        raise _error(failure) from failure
    finally:
        searches.release()
    # So that they are being fetched while the page is rendered.
    thumbnails.fetch_soon(entry["id"] for entry in found["entries"])
    return found


def _card(entry: dict) -> Track:
    duration_s = entry["duration"]
    note = {"is_live": "Live now", "is_upcoming": "Not published yet"}.get(entry["live_status"], "")
    if duration_s and duration_s > settings.YOUTUBE_MAX_MINUTES * 60:
        note = "Too long"
    return Track(
        source="youtube",
        source_id=entry["id"],
        title=without_nul(entry["title"] or entry["id"]),
        artist=without_nul(entry["channel"]),
        duration_s=duration_s,
        thumbnail_url=thumbnails.url_for(entry["id"]),
        views=entry["view_count"],
        note=note,
        choosable=not note,
    )


def describe(source_id: str, start_s: int = 0) -> Track:
    _require_usable()
    if not VIDEO_ID.fullmatch(source_id):
        raise SourceError("link")
    thumbnail_url = thumbnails.url_for(source_id)
    return Track("youtube", source_id, title="", thumbnail_url=thumbnail_url, start_s=start_s)


def fetch(source_id: str, rate_hz: int, *, whole: bool, progress: Callable[[str], None]) -> Audio:
    """Fetch excerpts spread over the song, or all of it up to a limit, in bounded ranges."""
    describe(source_id)
    info: dict = {}
    started = time.monotonic()
    seconds = settings.YOUTUBE_WHOLE_TIMEOUT_S if whole else settings.YOUTUBE_FETCH_TIMEOUT_S

    def windows() -> Iterator[tuple]:
        arguments = {"video_id": source_id, "rate_hz": rate_hz, "whole": whole}
        left = seconds - (time.monotonic() - started)
        for event in process.run("fetch", config(), arguments, left):
            if event["event"] == "step":
                progress(event["text"])
            elif event["event"] == "info":
                info.update(event)
            elif event["event"] == "window":
                yield event["start_s"], event["samples"]

    try:
        first, rest = _begin(windows)
    except YouTubeFailure as failure:
        if not FAILURES[failure.kind].try_again or time.monotonic() - started > seconds / 2:
            raise _error(failure) from failure
        progress("YouTube did not answer; asking once more")
        time.sleep(settings.YOUTUBE_BACKOFF_S)
        try:
            first, rest = _begin(windows)
        except YouTubeFailure as second:
            raise _error(second) from second
    return Audio(
        chain([first], _with_source_errors(rest)),
        rate_hz,
        info["duration_s"],
        title=without_nul(info["title"]),
        artist=without_nul(info["artist"]),
        versions={"yt-dlp": version("yt-dlp")},
    )


def _begin(windows: Callable[[], Iterator[tuple]]) -> tuple[tuple, Iterator[tuple]]:
    """Wait for the first window: by then everything is known but the sound still to come."""
    iterator = windows()
    first = next(iterator, None)
    if first is None:
        raise YouTubeFailure("media", "no window came")
    return first, iterator


def _with_source_errors(windows: Iterator[tuple]) -> Iterator[tuple]:
    try:
        yield from windows
    except YouTubeFailure as failure:
        raise _error(failure) from failure


def _require_usable() -> None:
    if not settings.YOUTUBE_ENABLED:
        raise SourceError("disabled")
    if pause := cooldown.current("youtube"):
        raise SourceError(pause.kind, until=pause.until)


def _error(failure: YouTubeFailure) -> SourceError:
    """Return a failure of the child as a SourceError; begin a cooldown where YouTube objects."""
    kind, detail = failure.kind, without_media_urls(failure.detail)
    log.warning("YouTube failed: %s", kind)  # no detail: it may hold media URLs
    if FAILURES[kind].slow_down:
        until = cooldown.begin("youtube", kind, settings.YOUTUBE_COOLDOWN_MINUTES)
        return SourceError(kind, detail=detail, until=until)
    return SourceError(kind, detail=detail)


def without_media_urls(text: str) -> str:
    """Remove media URLs, which carry the server's address and are valid for hours."""
    return " ".join(
        "[media URL]" if "googlevideo.com" in word else word for word in text.split(" ")
    )
