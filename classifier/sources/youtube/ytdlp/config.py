"""Settings that the child process gets as JSON, and yt-dlp's parameters made of them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import Any

from .about import RUNTIMES


@dataclass(frozen=True)
class Config:
    """Limits in seconds and bytes; empty strings where nothing is set."""

    proxy: str = field(default="", repr=False)  # may hold a password
    cookies: str = field(default="", repr=False)
    source_address: str = ""
    extractor_args: dict = field(default_factory=dict, repr=False)  # may hold tokens
    cache_dir: str = ""
    windows: int = 3
    window_s: float = 10.0
    parallel: int = 3
    max_duration_s: float = 3 * 3600.0
    whole_max_s: float = 15 * 60.0
    max_bytes: int = 12 * 1024 * 1024
    whole_max_bytes: int = 40 * 1024 * 1024


class Log:
    """A logger for yt-dlp: keeps warnings, which say more than its errors, and prints nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, message: str) -> None:
        pass

    info = debug

    def warning(self, message: str) -> None:
        self.lines.append(message)

    error = warning


def params(config: Config, log: Log, **more: object) -> dict[str, Any]:
    """Return parameters for one YoutubeDL; make new ones for each."""
    found: dict[str, Any] = {
        "quiet": True,
        "noprogress": True,
        "logger": log,
        "noplaylist": True,
        "cachedir": config.cache_dir or False,
        "socket_timeout": 6,
        "extractor_retries": 1,
        "retries": 1,
        "js_runtimes": {name: {} for name in RUNTIMES},
        # Nothing but YouTube: no other site, no file://, no playlist is ever asked.
        "allowed_extractors": ["youtube", "youtube:search"],
    }
    if config.proxy:
        found["proxy"] = config.proxy
    if config.source_address:
        found["source_address"] = config.source_address
    if config.extractor_args:
        found["extractor_args"] = config.extractor_args
    if config.cookies:
        # yt-dlp rewrites its cookie file when it closes, so it gets one in memory.
        found["cookiefile"] = io.StringIO(config.cookies)
    if os.environ.get("SSL_CERT_FILE"):
        # yt-dlp brings its own list of authorities; an operator whose proxy opens TLS has another.
        found["compat_opts"] = ["no-certifi"]
    return found | more
