"""Read pasted links; what they name is checked here before it is asked for."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from classifier.sources.base import SourceError
from classifier.sources.youtube.playlist_id import MIX, OWN, PLAYLIST_ID
from classifier.sources.youtube.video_id import VIDEO_ID

TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
MOST_START_S = 100 * 3600  # no video is as long; and it fits into a database's integer
HOSTS = {"youtube.com", "youtube-nocookie.com"}
PATHS = ("/embed/", "/shorts/", "/live/", "/v/")
SERIES = "videoseries"  # /embed/videoseries?list=: eleven characters, and no video
LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|(?:[\w-]+\.)*youtu\.?be)", re.IGNORECASE)


def looks_like_link(text: str) -> bool:
    text = text.strip()
    return " " not in text and bool(LINK.match(text) or is_bare_id(text))


def is_bare_id(text: str) -> bool:
    """Tell whether a text is an id without its link; eleven mere letters are a word."""
    return bool(VIDEO_ID.fullmatch(text)) and not text.isalpha() and not text.islower()


def start_of(link: str) -> int:
    """Return the second that a link names (t=90, t=1m30s, start=90), else 0."""
    try:
        query = parse_qs(urlsplit(link.strip()).query)
    except ValueError:
        return 0
    value = (query.get("t") or query.get("start") or [""])[0]
    match = TIME.fullmatch(value)
    if not match or len(value) > 12:
        return 0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    start_s = hours * 3600 + minutes * 60 + seconds
    return start_s if start_s <= MOST_START_S else 0


def video_id(link: str) -> str:
    """Return the id of the video that a YouTube link leads to. Raises SourceError."""
    link = link.strip()
    if VIDEO_ID.fullmatch(link):
        return link
    try:
        scheme, host, path, query = _parts(link)
    except ValueError:
        raise SourceError("link_broken") from None
    found = ""
    if scheme in {"http", "https"}:
        if host == "youtu.be":
            found = path.strip("/")
        elif host in HOSTS and path.rstrip("/") == "/watch":
            found = (query.get("v") or [""])[0]
        elif host in HOSTS and path.startswith(PATHS):
            found = path.split("/")[2]
    if VIDEO_ID.fullmatch(found) and found != SERIES:
        return found
    if host in HOSTS or host == "youtu.be":
        raise SourceError("link_no_video")
    raise SourceError("link_elsewhere")


def named_playlist(link: str) -> str:
    """Return what a link to YouTube names as its list; "" where it names none.

    It may be anything: see `checked_playlist`.
    """
    try:
        scheme, host, _path, query = _parts(link.strip())
    except ValueError:
        return ""
    if scheme not in {"http", "https"} or not (host in HOSTS or host == "youtu.be"):
        return ""
    return (query.get("list") or [""])[0]


def leads_to_video(link: str) -> bool:
    try:
        return bool(video_id(link))
    except SourceError:
        return False


def checked_playlist(playlist_id: str) -> str:
    """Return the id of a playlist that may be asked for. Raises SourceError."""
    if PLAYLIST_ID.fullmatch(playlist_id):
        return playlist_id
    if MIX.fullmatch(playlist_id):
        raise SourceError("playlist_mix")
    if OWN.fullmatch(playlist_id):
        raise SourceError("playlist_own")
    raise SourceError("playlist_link")


def _parts(link: str) -> tuple[str, str, str, dict[str, list[str]]]:
    """Return scheme, host, path and query of a link. Raises ValueError."""
    url = urlsplit(link if "://" in link else f"https://{link}")
    host = (url.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    return url.scheme, host, url.path, parse_qs(url.query)
