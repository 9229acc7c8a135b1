"""One small picture of a video, from YouTube's picture host and from nowhere else.

This runs in the web process, so everything is bounded: the address is made here out of eleven
characters, no redirect is followed, a few kilobytes are read within a few seconds, and what comes
back are no bytes of a stranger's but the same picture written anew.
"""

from __future__ import annotations

import http.client
import io
import os
import ssl
import time
import urllib.request
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from django.conf import settings

from classifier.sources.youtube.video_id import VIDEO_ID

HOST = "i.ytimg.com"
PATH = "/vi/{}/mqdefault.jpg"  # 320 by 180, whatever the form of the video
CONNECT_S, TOTAL_S = 2.0, 4.0
MAX_BYTES = 50_000  # they have 5,000 to 20,000
MAX_SIZE = (480, 360)
CONNECTIONS = 4  # kept open


class NoPicture(Exception):
    """There is none of this video, or what came is not one."""


class Unreachable(Exception):
    """The host did not answer in time, or with an error of its own: it may be well again later."""


def fetch(video_id: str) -> bytes:
    """A JPEG of at most MAX_BYTES. Raises NoPicture or Unreachable, and ValueError for no id."""
    if not VIDEO_ID.fullmatch(video_id):
        raise ValueError("not the id of a video")
    status, body = ask(PATH.format(video_id))
    if status == 429 or status >= 500:
        raise Unreachable(f"status {status}")
    if status != 200:
        raise NoPicture(f"status {status}")
    return written_anew(body)


def ask(path: str) -> tuple[int, bytes]:
    """Status and body, the body cut off behind MAX_BYTES. Raises Unreachable."""
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


def written_anew(data: bytes) -> bytes:
    """The same picture, without what may be hidden before, in or after it. Raises NoPicture."""
    from PIL import Image

    if len(data) > MAX_BYTES or not data.startswith(b"\xff\xd8\xff"):
        raise NoPicture("too large, or no JPEG")
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            # By its head, before anything is unpacked.
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


def proxy() -> str:
    """What yt-dlp would use: the setting, else the environment's; "" for none."""
    found = settings.YOUTUBE_PROXY
    if not found and not urllib.request.proxy_bypass(HOST):
        known = urllib.request.getproxies()
        found = known.get("https") or known.get("http") or known.get("all") or ""
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
    """The file of the authorities to trust, or "": as in `ytdlp.config.params`."""
    import certifi

    return "" if os.environ.get("SSL_CERT_FILE") else certifi.where()


@lru_cache(maxsize=4)
def _manager(proxy: str, source_address: str, authorities: str):
    """What keeps the connections, for as long as nobody changes the settings."""
    import urllib3

    options = {
        "maxsize": CONNECTIONS,
        "ssl_context": ssl.create_default_context(cafile=authorities or None),
    }
    if source_address:
        options["source_address"] = (source_address, 0)
    name, password = _sign_in(proxy)
    if proxy.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager

        manager = SOCKSProxyManager(proxy, name, password, **options)
    elif proxy:
        if name is not None:
            sign_in = urllib3.make_headers(proxy_basic_auth=f"{name}:{password or ''}")
            options["proxy_headers"] = sign_in
        manager = urllib3.ProxyManager(proxy, **options)
    else:
        manager = urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = {"https": _timed(manager.pool_classes_by_scheme["https"])}
    return manager


def _sign_in(proxy: str) -> tuple[str | None, str | None]:
    """Name and password in the address of a proxy."""
    parts = urlsplit(proxy)
    return tuple(part and unquote(part) for part in (parts.username, parts.password))


def _timed(pool_class: type) -> type:
    """The same kind of pool, with an answer's time counted in all."""

    class Connection(pool_class.ConnectionCls):
        response_class = _TimedResponse

    class Pool(pool_class):
        ConnectionCls = Connection

    return Pool


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Reader(io.RawIOBase):
    """Reads from a socket until its timeout is over in all, and not since the last byte."""

    def __init__(self, sock):
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        self._sock.settimeout(max(0.001, self._deadline - time.monotonic()))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
