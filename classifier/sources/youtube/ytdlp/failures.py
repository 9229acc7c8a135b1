"""Kinds of failures of YouTube, and how yt-dlp's messages show them.

yt-dlp has few exception types; its messages say what happened, and often only the warnings
before them. To add a case: an entry in FAILURES, its words in classifier.failure_reasons
and, where yt-dlp's words show it, a line in SIGNS. Order matters in SIGNS: the first that is found
wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from .config import Config


@dataclass(frozen=True)
class Failure:
    """What is done about one kind of failure.

    slow_down : YouTube objects to this server; the whole site should leave it alone for a while
    try_again : worth a second try at once, without asking anybody
    """

    slow_down: bool = False
    try_again: bool = False


FAILURES = {
    "bot": Failure(slow_down=True),
    "rate_limit": Failure(slow_down=True),
    "private": Failure(),
    "playlist_gone": Failure(),
    "members": Failure(),
    "removed": Failure(),
    "age": Failure(),
    "country": Failure(),
    "live": Failure(),
    "premiere": Failure(),
    "video_too_long": Failure(),
    "too_much_data": Failure(),
    "no_javascript": Failure(),
    "format": Failure(),
    "forbidden": Failure(),
    "media": Failure(),
    "excerpts_silent": Failure(),
    "proxy": Failure(),
    "cookies": Failure(),
    "network": Failure(try_again=True),
    "timeout": Failure(),
    "server": Failure(try_again=True),
    "blocked": Failure(),
    "unknown": Failure(),
}

# A part of what yt-dlp wrote, in lower case -> which failure it shows.
SIGNS = (
    ("refused to connect to", "blocked"),
    ("not a bot", "bot"),
    ("rate-limited", "rate_limit"),
    ("error 429", "rate_limit"),
    ("too many requests", "rate_limit"),
    ("confirm your age", "age"),
    ("age-restricted", "age"),
    ("inappropriate for some users", "age"),
    ("playlist does not exist", "playlist_gone"),
    ("does the playlist exist", "playlist_gone"),
    ("playlist is private", "playlist_gone"),
    ("playlist type is unviewable", "playlist_gone"),
    ("private video", "private"),
    ("video is private", "private"),
    ("members-only", "members"),
    ("join this channel", "members"),
    ("available to this channel's members", "members"),
    ("in your country", "country"),
    ("geo restrict", "country"),
    ("geo-restrict", "country"),
    ("premieres in", "premiere"),
    ("premiere will begin", "premiere"),
    ("live event will begin", "live"),
    ("live stream recording is not available", "live"),
    ("proxyerror", "proxy"),
    ("unable to connect to proxy", "proxy"),
    ("tunnel connection failed", "proxy"),
    ("no supported javascript runtime", "no_javascript"),
    ("requested format is not available", "format"),
    ("no video formats found", "format"),
    ("video unavailable", "removed"),
    ("has been removed", "removed"),
    ("account associated with this video has been terminated", "removed"),
    ("is not available", "removed"),
    ("timed out", "timeout"),
    ("http error 5", "server"),
    ("http error 403", "forbidden"),
    ("unable to download", "network"),
    ("failed to resolve", "network"),
    ("connection refused", "network"),
    ("transport error", "network"),
    ("urlopen error", "network"),
    ("network is unreachable", "network"),
)


# Media URLs carry this server's address and are good for hours, whole or as the path that urllib3
# writes without its host; a proxy's URL may carry a name and a password.
MEDIA_URL = re.compile(r"""[^\s'"()<>]*(?:googlevideo\.com|videoplayback)[^\s'"()<>]*""")
ADDRESS = re.compile(r"\bip(=|%3D)[\w.:%]+", re.IGNORECASE)
USER_INFO = re.compile(r"://[^/\s@]+@")
SHORTEST_SECRET = 4  # shorter ones are parts of ordinary words
SHORTEST_TOKEN = 20


class YouTubeFailure(Exception):
    """A task failed; `kind` is a key of FAILURES, `detail` is for staff and holds no media URL."""

    def __init__(self, kind: str, detail: str = ""):
        super().__init__(kind)
        self.kind = kind
        self.detail = without_secrets(detail)


def without_secrets(text: str, config: Config | None = None) -> str:
    """Return the text as it may be stored: no media URL, password, cookie or token."""
    for secret in sorted(set(_secrets(config)), key=len, reverse=True) if config else ():
        text = text.replace(secret, "[secret]")
    text = MEDIA_URL.sub("[media URL]", text)
    text = ADDRESS.sub(r"ip\1[address]", text)
    return USER_INFO.sub("://[secret]@", text)


def _secrets(config: Config) -> Iterator[str]:
    user_info = config.proxy.partition("://")[2].rpartition("@")[0]
    password = user_info.partition(":")[2]
    cookies = [line.rpartition("\t")[2].strip() for line in config.cookies.splitlines()]
    for secret in (user_info, password, unquote(user_info), unquote(password), *cookies):
        if len(secret) >= SHORTEST_SECRET:
            yield secret
    for token in re.findall(r"[\w%/=-]+", str(config.extractor_args)):
        if len(token) >= SHORTEST_TOKEN:
            yield token


def explain(error: Exception, warnings: list[str]) -> YouTubeFailure:
    """Return the failure that an exception of yt-dlp shows, with all its messages as detail."""
    chain, seen = [], set()
    pending: list = [error]
    while pending:
        link = pending.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        chain.append(link)
        exc_info = getattr(link, "exc_info", None) or (None, None, None)
        pending += [getattr(link, "cause", None), exc_info[1], link.__cause__, link.__context__]
    detail = "\n".join([*(f"{type(link).__name__}: {link}" for link in chain), *warnings])
    if any(type(link).__name__ == "GeoRestrictedError" for link in chain):
        return YouTubeFailure("country", detail)
    lowered = detail.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for sign, kind in SIGNS:
        if sign in lowered:
            return YouTubeFailure(kind, detail)
    return YouTubeFailure("unknown", detail)
