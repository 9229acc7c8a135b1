"""Search YouTube, with results as plain dicts."""

from __future__ import annotations

from classifier.sources.youtube.video_id import VIDEO_ID

from .config import Config, Log, params
from .failures import explain

FIELDS = ("id", "title", "duration", "view_count", "live_status")


def search(config: Config, query: str, limit: int) -> list[dict]:
    """Return up to `limit` videos: id, title, duration, view_count, live_status, channel.

    Raises YouTubeFailure.
    """
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    log = Log()
    try:
        with YoutubeDL(params(config, log, extract_flat=True)) as ydl:
            # A few more than wanted: channels and shelves come among the results.
            found = ydl.extract_info(f"ytsearch{limit + 8}:{query}", download=False)
    except YoutubeDLError as error:
        raise explain(error, log.lines) from error
    entries = [entry for entry in found.get("entries") or [] if is_video(entry)]
    return [card(entry) for entry in entries[:limit]]


def card(entry: dict) -> dict:
    """Return what is told of one video, of a search or of a playlist."""
    told = {field: entry.get(field) for field in FIELDS}
    return told | {"channel": entry.get("channel") or entry.get("uploader") or ""}


def is_video(entry: dict) -> bool:
    return entry.get("ie_key") == "Youtube" and bool(VIDEO_ID.fullmatch(entry.get("id") or ""))
