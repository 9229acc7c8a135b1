"""YouTube, through yt-dlp: search, and three short windows of a song instead of the whole.

yt-dlp is imported when first needed: it is heavy, and a site with YouTube disabled has no use
for it.
"""

from __future__ import annotations

import io
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from django.conf import settings

from ml.audio import decode_windows
from ml.errors import AudioError

from .base import Audio, SourceError, Track
from .links import VIDEO_ID, looks_like_link, video_id
from .ranges import RangeReader

log = logging.getLogger(__name__)

RESULTS = 12
WINDOWS = 3
WINDOW_S = 10.0
MAX_DURATION_S = 3 * 3600
FETCH_MAX_BYTES = 12 * 1024 * 1024
UNREACHABLE = (
    "YouTube cannot be reached from this server right now. "
    "You can upload a file, or pick a track of this server's library."
)
# Part of yt-dlp's message, in lower case -> our sentence, and whether trying again may help.
SENTENCES = (
    ("not a bot", "YouTube refuses this server's address for now.", True),
    ("429", "YouTube asks this server to slow down. Try again in a while.", True),
    ("rate-limited", "YouTube asks this server to slow down. Try again in an hour.", True),
    ("your age", "This video is age-restricted, so it cannot be fetched.", False),
    ("private video", "This video is private.", False),
    ("not available in your country", "This video is blocked in this server's country.", False),
    ("premieres in", "This video has not been published yet.", True),
    ("live event will begin", "This live stream has not begun yet.", True),
    ("video unavailable", "This video is not available any more.", False),
    ("removed", "This video has been removed.", False),
    ("requested format is not available", "YouTube gave no audio that can be fetched.", True),
)


class _Log:
    """Keeps yt-dlp's warnings for the admin and prints nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, message: str) -> None:
        pass

    info = debug

    def warning(self, message: str) -> None:
        self.lines.append(message)

    error = warning


def _options(logger: _Log, **more) -> dict:
    options = {
        "quiet": True,
        "noprogress": True,
        "logger": logger,
        "noplaylist": True,
        "cachedir": str(Path(settings.DATA_DIR) / "yt-dlp"),
        "socket_timeout": 6,
        "extractor_retries": 1,
        "retries": 1,
        # Nothing but YouTube: no other site, no file://, no playlist is ever asked.
        "allowed_extractors": ["youtube", "youtube:search"],
    }
    if settings.YOUTUBE_PROXY:
        options["proxy"] = settings.YOUTUBE_PROXY
    if settings.YOUTUBE_COOKIES_FILE:
        # yt-dlp rewrites a cookie file when it closes, so it gets a copy.
        options["cookiefile"] = io.StringIO(Path(settings.YOUTUBE_COOKIES_FILE).read_text())
    return options | more


def _explain(error: Exception, logger: _Log) -> SourceError:
    """One sentence for the visitor, everything else for the admin."""
    detail = "\n".join([str(error), *logger.lines])
    lowered = detail.lower()
    for part, sentence, retryable in SENTENCES:
        if part in lowered:
            return SourceError(sentence, retryable=retryable, detail=detail)
    return SourceError(UNREACHABLE, retryable=True, detail=detail)


def _require_enabled() -> None:
    if not settings.YOUTUBE_ENABLED:
        raise SourceError("YouTube is switched off on this server.")


def find(query: str) -> list[Track]:
    """Songs for a query; for a link, the one it leads to. Raises SourceError."""
    _require_enabled()
    if looks_like_link(query):
        return [describe(video_id(query))]
    # yt-dlp has no total deadline (a server that drips held a search for two minutes), so the
    # clock is kept outside; the thread ends by itself later.
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(_search, query).result(settings.YOUTUBE_SEARCH_TIMEOUT_S)
    except FutureTimeout:
        raise SourceError(UNREACHABLE, retryable=True, detail="search timed out") from None
    finally:
        pool.shutdown(wait=False)


def _search(query: str) -> list[Track]:
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    logger = _Log()
    try:
        with YoutubeDL(_options(logger, extract_flat=True)) as ydl:
            # A few more than shown: channels and shelves come among the results.
            found = ydl.extract_info(f"ytsearch{RESULTS + 6}:{query}", download=False)
    except YoutubeDLError as error:
        raise _explain(error, logger) from error
    tracks = [_card(entry) for entry in found.get("entries") or [] if _is_video(entry)]
    return tracks[:RESULTS]


def _is_video(entry: dict) -> bool:
    return entry.get("ie_key") == "Youtube" and bool(VIDEO_ID.fullmatch(entry.get("id") or ""))


def _card(entry: dict) -> Track:
    live = entry.get("live_status")
    note = {"is_live": "Live now", "is_upcoming": "Not published yet"}.get(live, "")
    duration_s = entry.get("duration")
    if duration_s and duration_s > MAX_DURATION_S:
        note = "Too long"
    return Track(
        source="youtube",
        source_id=entry["id"],
        title=entry.get("title") or entry["id"],
        artist=entry.get("channel") or entry.get("uploader") or "",
        duration_s=duration_s,
        thumbnail_url=f"https://i.ytimg.com/vi/{entry['id']}/mqdefault.jpg",
        note=note,
        choosable=not note,
    )


def describe(source_id: str) -> Track:
    _require_enabled()
    if not VIDEO_ID.fullmatch(source_id):
        raise SourceError("This is not the id of a YouTube video.")
    thumbnail = f"https://i.ytimg.com/vi/{source_id}/mqdefault.jpg"
    return Track("youtube", source_id, title="", thumbnail_url=thumbnail)


def fetch(source_id: str, rate_hz: int) -> Audio:
    """Three windows of 10 s, spread over the song, by bounded range requests."""
    describe(source_id)
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError
    from yt_dlp.version import __version__

    logger = _Log()
    deadline = time.monotonic() + settings.YOUTUBE_FETCH_TIMEOUT_S
    options = _options(
        logger,
        format="ba[protocol=https]/18/b[protocol=https]",
        format_sort=["lang", "abr:140"],
    )
    try:
        with YoutubeDL(options) as ydl:
            url = f"https://www.youtube.com/watch?v={source_id}"
            info = ydl.extract_info(url, download=False)
            _refuse_unfit(info)
            duration_s = float(info.get("duration") or 0)
            reader = RangeReader(ydl, info, max_bytes=FETCH_MAX_BYTES, deadline=deadline)
            windows = decode_windows(
                reader, starts_s=window_starts(duration_s), window_s=WINDOW_S, rate_hz=rate_hz
            )
    except YoutubeDLError as error:
        raise _explain(error, logger) from error
    except TimeoutError as error:
        raise SourceError(
            "YouTube was too slow to answer.", retryable=True, detail=repr(error)
        ) from error
    except AudioError as error:
        raise SourceError(
            "The sound of this video could not be read.", retryable=True, detail=repr(error)
        ) from error
    return Audio(
        windows,
        rate_hz,
        duration_s,
        title=info.get("title") or "",
        artist=info.get("channel") or info.get("uploader") or "",
        versions={"yt-dlp": __version__},
    )


def _refuse_unfit(info: dict) -> None:
    if info.get("live_status") in {"is_live", "is_upcoming"} or info.get("is_live"):
        raise SourceError("This is a live stream: come back when it is over.", retryable=True)
    if (info.get("duration") or 0) > MAX_DURATION_S:
        raise SourceError("This video is longer than three hours.")


def window_starts(duration_s: float) -> list[float]:
    """Where the windows begin, seconds: the middles of equal parts, intro and end left out.

    A song too short for separate windows is heard from its beginning, window after window.
    """
    if duration_s <= WINDOWS * WINDOW_S:
        count = max(1, round(duration_s / WINDOW_S)) if duration_s else 1
        return [i * WINDOW_S for i in range(count)]
    part = duration_s / WINDOWS
    return [round(part * (i + 0.5) - WINDOW_S / 2, 2) for i in range(WINDOWS)]
