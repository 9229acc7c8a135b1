"""Fetch the thumbnail of a video from YouTube's image host.

This runs in the web process, so everything is bounded: the address is made here out of eleven
characters, no redirect is followed, a few kilobytes are read within a few seconds, and the image is
decoded and encoded again, so that no bytes of others are served.
"""

from __future__ import annotations

import io
import os
import ssl
import time
import urllib.request
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from classifier.sources.youtube.video_id import VIDEO_ID

if TYPE_CHECKING:
    import urllib3

HOST = "i.ytimg.com"
PATH = "/vi/{}/mqdefault.jpg"  # 320 by 180, whatever the form of the video
CONNECT_S, TOTAL_S = 2.0, 4.0
MAX_BYTES = 50_000  # they have 5,000 to 20,000
MAX_SIZE = (480, 360)
CONNECTIONS = 4  # kept open


class _DeadlineSocket(ssl.SSLSocket):
    """A socket whose timeout is one for all reads after it is set, and not for each anew.

    urllib3 sets it once a request, so a host that sends a byte a second is given up in time, be it
    in the head of its answer or in the body. A loop that reads the body would not see the head.
    """

    _deadline: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._deadline = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        self._shorten_timeout()
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._shorten_timeout()
        return super().recv_into(*args, **kwargs)

    def _shorten_timeout(self) -> None:
        if self._deadline is not None:
            super().settimeout(max(0.001, self._deadline - time.monotonic()))


class NoPicture(Exception):
    """The host has no thumbnail of this video, or sent something else."""


class Unreachable(Exception):
    """The host was too slow, or answered with an error of its own; a later try may succeed."""


def fetch(video_id: str) -> bytes:
    """Return a JPEG of at most MAX_BYTES. Raises NoPicture, Unreachable; ValueError for no id."""
    if not VIDEO_ID.fullmatch(video_id):
        raise ValueError("not the id of a video")
    status, body = ask(PATH.format(video_id))
    if status == 429 or status >= 500:
        raise Unreachable(f"status {status}")
    if status != 200:
        raise NoPicture(f"status {status}")
    return reencoded(body)


def ask(path: str) -> tuple[int, bytes]:
    """Return status and body, the body cut off after MAX_BYTES. Raises Unreachable."""
    import urllib3

    try:
        # The errors of both tell of the proxy, whose address may hold a password: only their names
        # are passed on.
        answer = _manager(proxy(), settings.YOUTUBE_SOURCE_ADDRESS, _authorities()).request(
            "GET",
            f"https://{HOST}{path}",
            headers={"Accept": "image/jpeg"},
            redirect=False,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, total=TOTAL_S),
            preload_content=False,
            decode_content=False,
        )
        try:
            return answer.status, answer.read(MAX_BYTES + 1)
        finally:
            answer.close()  # unless it was read to its end: then its connection is kept
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from None


def reencoded(data: bytes) -> bytes:
    """Encode the image again, without what may be hidden in the file. Raises NoPicture."""
    from PIL import Image

    if len(data) > MAX_BYTES or not data.startswith(b"\xff\xd8\xff"):
        raise NoPicture("too large, or no JPEG")
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            # From the header, before anything is decoded.
            if image.width > MAX_SIZE[0] or image.height > MAX_SIZE[1]:
                raise NoPicture("too many pixels")
            image.save(out, "JPEG", quality="keep", progressive="progression" in image.info)
    except NoPicture:
        raise
    except Exception as error:  # broken files raise nearly anything
        raise NoPicture(type(error).__name__) from None
    if out.tell() > MAX_BYTES:
        raise NoPicture("too large")
    return out.getvalue()


def configured_proxy() -> str:
    """Return the proxy on the way to YouTube: the setting, else the environment's, or ""."""
    if settings.YOUTUBE_PROXY or urllib.request.proxy_bypass(HOST):
        return settings.YOUTUBE_PROXY
    known = urllib.request.getproxies()
    return known.get("https") or known.get("http") or known.get("all") or ""


def proxy() -> str:
    """Return the proxy in the form that urllib3 understands."""
    found = configured_proxy()
    if not found:
        return ""
    scheme, _, rest = found.rpartition("://")
    # As yt-dlp reads them: names are looked up by the proxy.
    scheme = {"": "http", "socks5": "socks5h", "socks": "socks4"}.get(scheme.lower(), scheme)
    return f"{scheme}://{rest}"


def drop_connections() -> None:
    """Begin with new ones, as after a start."""
    _manager.cache_clear()


def _authorities() -> str:
    """Return the file of trusted authorities, or "", as in `ytdlp.config.params`."""
    import certifi

    return "" if os.environ.get("SSL_CERT_FILE") else certifi.where()


@lru_cache(maxsize=4)
def _manager(proxy: str, source_address: str, authorities: str) -> urllib3.PoolManager:
    """Return the pool of connections for these settings."""
    import urllib3

    options: dict[str, Any] = {
        "maxsize": CONNECTIONS,
        "ssl_context": _ssl_context(authorities),
    }
    if source_address:
        options["source_address"] = (source_address, 0)
    name, password = _sign_in(proxy)
    if proxy.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(proxy, name, password, **options)
    if proxy:
        if name is not None:
            sign_in = urllib3.make_headers(proxy_basic_auth=f"{name}:{password or ''}")
            options["proxy_headers"] = sign_in
        # Of a proxy that is reached by TLS, the outer connection is the one that is read from.
        return urllib3.ProxyManager(proxy, proxy_ssl_context=_ssl_context(), **options)
    return urllib3.PoolManager(**options)


def _ssl_context(authorities: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities or None)
    context.sslsocket_class = _DeadlineSocket
    return context


def _sign_in(proxy: str) -> tuple[str | None, str | None]:
    """Return name and password in the address of a proxy."""
    parts = urlsplit(proxy)
    name, password = parts.username, parts.password
    return name and unquote(name), password and unquote(password)
