"""Read pasted links; only an 11-character video id leaves this module."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from classifier.sources.base import SourceError
from classifier.sources.youtube.video_id import VIDEO_ID

TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
MOST_START_S = 100 * 3600  # no video is as long; and it fits into a database's integer
HOSTS = {"youtube.com", "youtube-nocookie.com"}
PATHS = ("/embed/", "/shorts/", "/live/", "/v/")
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
        url = urlsplit(link if "://" in link else f"https://{link}")
        host = (url.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    except ValueError:
        raise SourceError("link_broken") from None
    found = ""
    if url.scheme in {"http", "https"}:
        if host == "youtu.be":
            found = url.path.strip("/")
        elif host in HOSTS and url.path.rstrip("/") == "/watch":
            found = (parse_qs(url.query).get("v") or [""])[0]
        elif host in HOSTS and url.path.startswith(PATHS):
            found = url.path.split("/")[2]
    if VIDEO_ID.fullmatch(found):
        return found
    if host in HOSTS or host == "youtu.be":
        raise SourceError("link_no_video")
    raise SourceError("link_elsewhere")
