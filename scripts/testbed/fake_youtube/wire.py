"""Sending an answer over a socket: throttled, dripping, or not at all."""

from __future__ import annotations

import socket
from http import HTTPStatus

from scripts.testbed.fake_youtube.http import Response
from scripts.testbed.fake_youtube.world import World

from . import pictures

PIECES_PER_S = 20


class Wire:
    """One connection to a client. The bandwidth is that of the world, see `link.py`."""

    def __init__(self, sock: socket.socket, world: World):
        self._sock = sock
        self._world = world

    def send(self, response: Response, *, keep_alive: bool, with_body: bool = True) -> None:
        """Head and body, in the mood that the world is in; counts what was really sent."""
        request = response.request
        if request:
            request.sent = 0
        self._world.released.wait(self._world.delay_s)
        mood = self._mood(response)
        if mood == "hang":
            self._world.released.wait()
            raise ConnectionResetError("the fake was released")
        body = response.body if with_body else b""
        head = _head(response, keep_alive)
        if mood == "drip":
            self._drip(head + body)
        self._sock.sendall(head)
        for piece in self._pieces(body):
            self._sock.sendall(piece)
            if request:
                request.sent += len(piece)

    def _mood(self, response: Response) -> str:
        """The world's mode, where it is one for this answer."""
        request, mode = response.request, self._world.mode
        if request and request.foreign:
            return "ok"
        if request and request.host == pictures.HOST:
            return mode.removeprefix("thumbnail_")
        return mode

    def _drip(self, data: bytes) -> None:
        for byte in data:
            self._sock.sendall(bytes([byte]))
            if self._world.released.wait(1):
                break
        raise ConnectionResetError("the fake was released")

    def _pieces(self, body: bytes):
        rate = self._world.bandwidth
        size = max(1, int(rate / PIECES_PER_S)) if rate else 256 * 1024
        for start in range(0, len(body), size):
            piece = body[start : start + size]
            if rate:
                self._world.released.wait(self._world.link.seconds_for(len(piece), rate))
            yield piece


def _head(response: Response, keep_alive: bool) -> bytes:
    headers = {
        "Content-Length": str(len(response.body)),
        "Connection": "keep-alive" if keep_alive else "close",
        **response.headers,
    }
    phrase = HTTPStatus(response.status).phrase
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
