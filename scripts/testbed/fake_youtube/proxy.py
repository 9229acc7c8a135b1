"""The end-to-end form: an HTTP proxy that is the whole internet, and answers from a World.

Any host is served with a certificate of the fake's own authority, so the client must trust
`ca_file`; see the README.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import socketserver
import ssl
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from scripts.testbed.fake_youtube.wire import Wire
from scripts.testbed.fake_youtube.world import Response, World


class _Connection(socketserver.StreamRequestHandler):
    """One client: a CONNECT and the requests inside it, or plain requests, which are refused."""

    server: _Server

    def handle(self) -> None:
        # The client going away, or the fake closing, ends a connection; neither is an error.
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            self._serve(self.connection, self.rfile, tunnel=None)

    def _serve(self, sock: socket.socket, stream, tunnel: str | None) -> None:
        wire = Wire(sock, self.server.world)
        keep_alive = True
        while keep_alive:
            words = stream.readline(65_537).decode("latin-1").split()
            if len(words) != 3:
                return
            method, target, _ = words
            headers = dict(http.client.parse_headers(stream).items())
            lowered = {name.lower(): value for name, value in headers.items()}
            if method == "CONNECT" and tunnel is None:
                self._tunnel(target.rpartition(":")[0].strip("[]"))
                return
            body = stream.read(int(lowered.get("content-length", 0)))
            keep_alive = lowered.get("connection", "").lower() != "close"
            response = self._answer(method, target, headers, body, tunnel)
            wire.send(response, keep_alive=keep_alive, with_body=method != "HEAD")

    def _tunnel(self, host: str) -> None:
        self.server.world.released.wait(self.server.world.delay_s)
        self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = self.server.context_for(host)
        with context.wrap_socket(self.connection, server_side=True) as sock:
            self.server.opened(sock)
            with sock.makefile("rb") as stream:
                self._serve(sock, stream, tunnel=host)

    def _answer(self, method, target, headers, body: bytes, tunnel: str | None) -> Response:
        world = self.server.world
        if tunnel is not None:
            return world.respond(method, tunnel, target, headers, body)
        url = urlsplit(target)
        return world.refuse(method, url.hostname or "", url.path or "/")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, world: World):
        self.world = world
        self.authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def context_for(self, host: str) -> ssl.SSLContext:
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]

    def process_request(self, request, client_address) -> None:
        self.opened(request)
        super().process_request(request, client_address)

    def opened(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)

    def shutdown_request(self, request) -> None:
        super().shutdown_request(request)
        with self._lock:
            self._open = {sock for sock in self._open if sock.fileno() >= 0}

    def handle_error(self, request, client_address) -> None:
        """A client that distrusts the certificate is not worth a traceback."""

    def close_all(self) -> None:
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


class FakeYouTubeProxy:
    """`with FakeYouTubeProxy(world) as proxy:` gives `proxy.url` and `proxy.ca_file`."""

    def __init__(self, world: World | None = None, port: int = 0):
        self.world = world or World()
        self._port = port

    def __enter__(self) -> FakeYouTubeProxy:
        self._folder = tempfile.TemporaryDirectory(prefix="fake-youtube-")
        self._server = _Server(self._port, self.world)
        self.ca_file = str(Path(self._folder.name) / "ca.pem")
        self._server.authority.cert_pem.write_to_path(self.ca_file)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.world.release()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send the site here."""
        return {"YOUTUBE_PROXY": self.url, "SSL_CERT_FILE": self.ca_file}
