"""Links that people paste. Only an 11-character video id ever leaves this module."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from .base import SourceError

VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
HOSTS = {"youtube.com", "youtube-nocookie.com"}
PATHS = ("/embed/", "/shorts/", "/live/", "/v/")
LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|(?:[\w-]+\.)*youtu\.?be)", re.IGNORECASE)


def looks_like_link(text: str) -> bool:
    return bool(LINK.match(text.strip())) and " " not in text.strip()


def video_id(link: str) -> str:
    """The id of the video a YouTube link leads to. Raises SourceError with a sentence."""
    link = link.strip()
    try:
        url = urlsplit(link if "://" in link else f"https://{link}")
        host = (url.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    except ValueError:
        raise SourceError("This link cannot be read. Search by words, or upload a file.") from None
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
        raise SourceError("This link leads to no single video. Paste the link of one song.")
    raise SourceError("Only links to YouTube videos can be opened. You can upload a file instead.")
