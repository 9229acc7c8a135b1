"""List the videos of a playlist, as plain dicts."""

from __future__ import annotations

from typing import Any

from classifier.sources.youtube.playlist_id import PLAYLIST_ID

from .config import Config, Log, params
from .failures import YouTubeFailure, explain
from .search import card, is_video

# What YouTube calls a video that is not to be had any more.
GONE = {"[Private video]", "[Deleted video]", "[Unavailable video]", "[Unavailable]"}


def contents(config: Config, playlist_id: str, limit: int) -> dict[str, Any]:
    """Return what stands in the first `limit` places of a playlist.

    title, channel : of the playlist; "" where YouTube does not say
    entries : as of a search; each video once, and none that cannot be had
    unavailable : how many cannot be had
    has_more : whether the playlist goes on

    Raises YouTubeFailure.
    """
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    if not PLAYLIST_ID.fullmatch(playlist_id):
        raise YouTubeFailure("playlist_gone", "not the id of a playlist")
    log = Log()
    options = params(
        config,
        log,
        extract_flat=True,
        playlistend=limit + 1,  # one more tells whether it goes on
        allowed_extractors=["youtube:tab"],
    )
    try:
        with YoutubeDL(options) as ydl:
            url = f"https://www.youtube.com/playlist?list={playlist_id}"
            found = ydl.extract_info(url, download=False)
    except YoutubeDLError as error:
        raise explain(error, log.lines) from error
    # Led elsewhere, or shown by the cookies of the operator: nothing for visitors.
    if "entries" not in found or found.get("availability") == "private":
        raise YouTubeFailure("playlist_gone", "\n".join(["no entries, or private", *log.lines]))
    listed = list(found["entries"])
    places = [entry for entry in listed[:limit] if is_video(entry)]
    there: dict[str, dict] = {}
    for entry in places:
        if not _is_gone(entry):
            there.setdefault(entry["id"], card(entry))
    return {
        "title": found.get("title") or "",
        "channel": found.get("channel") or found.get("uploader") or "",
        "entries": list(there.values()),
        "unavailable": sum(_is_gone(entry) for entry in places),
        "has_more": len(listed) > limit,
    }


def _is_gone(entry: dict) -> bool:
    if entry.get("title") in GONE:
        return True
    # What can be seen has one of these at least, in whichever language YouTube answers.
    known = ("duration", "channel", "uploader", "live_status")
    return not any(entry.get(field) for field in known)
