"""The unit form: yt-dlp's requests are answered inside the process, without sockets.

yt-dlp's networking is private; everything that knows about its inside is in this file.
"""

from __future__ import annotations

import io
import sys
import time
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

import pytest
import yt_dlp
from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, TransportError

from scripts.testbed.fake_youtube.world import World

REDIRECTS = {301, 302, 303, 307, 308}


class _Dripping(io.BytesIO):
    """A body of which one byte a second arrives, until the world is released."""

    def __init__(self, content: bytes, world: World):
        super().__init__(content)
        self._world = world

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        for _ in data:
            if self._world.released.wait(1):
                raise ConnectionResetError("the fake was released")
        return data


def _body_of(request: Request) -> bytes:
    data = request.data or b""
    return data if isinstance(data, bytes) else b"".join(data)


def make_handler(world: World) -> type[RequestHandler]:
    """A handler class that asks `world` and nobody else."""

    class FakeYouTubeRH(RequestHandler):
        _SUPPORTED_URL_SCHEMES = ("http", "https")
        _SUPPORTED_PROXY_SCHEMES = None  # a proxy in the options is accepted, and not needed
        _SUPPORTED_FEATURES = None
        RH_NAME: ClassVar[str] = "fake_youtube"

        def _check_extensions(self, extensions: dict) -> None:
            extensions.clear()

        def _send(self, request: Request) -> Response:
            url, method, body = request.url, request.method, _body_of(request)
            for _ in range(10):
                response = self._ask(method, url, self._get_headers(request), body)
                if response.status not in REDIRECTS:
                    break
                url = urljoin(url, response.headers["Location"])
                method, body = "GET", b""
            if not 200 <= response.status < 300:
                raise HTTPError(response)
            return response

        def _ask(self, method: str, url: str, headers: dict, body: bytes) -> Response:
            parts = urlsplit(url)
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            ask = world.respond
            if parts.scheme != "https":
                answer = world.refuse(method, parts.hostname or "", path)
            else:
                answer = ask(method, parts.hostname or "", path, headers, body)
            world.released.wait(world.delay_s)
            if world.mode == "hang":  # the clock is the proxy's business: fail at once
                raise TransportError("The read operation timed out", cause=TimeoutError())
            if world.bandwidth:
                time.sleep(world.link.seconds_for(len(answer.body), world.bandwidth))
            drips = world.mode == "drip"
            content = _Dripping(answer.body, world) if drips else io.BytesIO(answer.body)
            length = {"Content-Length": str(len(answer.body))}
            return Response(content, url, length | answer.headers, status=answer.status)

    return FakeYouTubeRH


def install(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Every YoutubeDL made from now on talks to `world`; undone with the test."""
    handler = make_handler(world)
    # yt_dlp.YoutubeDL is the class; the module of the same name is behind it.
    module = sys.modules[yt_dlp.YoutubeDL.__module__]
    monkeypatch.setattr(module, "_REQUEST_HANDLERS", {handler.RH_KEY: handler})
    return world
