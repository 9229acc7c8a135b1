"""What slow visitors do to the others: 8 and 30 of them, in four ways, on a running web process.

While they are at it, a visitor asks for /about/ with PATIENCE_S of patience. gunicorn's own threads
are tried beside the site's worker; so are gevent, waitress and granian where they are installed.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.testbed.site import ROOT, Site, wait_for

CLIENTS = (8, 30)
PROBES, PATIENCE_S = 4, 5.0
HOLD_S = 1.0  # that the slow are at it before the first visitor comes
TRACK = "/static/library/chaos-god-muldjord.mp3"
GUNICORN = ("gunicorn", "genresite.wsgi", "--threads", "8", "--timeout", "60", "--bind")
WORKER = "genresite.server.worker.BufferingWorker"
# name: (module that it needs, command up to the address)
SERVERS = {
    "gunicorn gthread": ("gunicorn", (*GUNICORN[:2], "--worker-class", "gthread", *GUNICORN[2:])),
    "gunicorn gevent": ("gevent", (*GUNICORN[:2], "--worker-class", "gevent", *GUNICORN[2:])),
    "waitress": ("waitress", ("waitress", "--threads", "8", "--listen")),
    "granian": (
        "granian",
        ("granian", "--interface", "wsgi", "--blocking-threads", "8", "--host"),
    ),
    "the site's worker": ("gunicorn", (*GUNICORN[:2], "--worker-class", WORKER, *GUNICORN[2:])),
}


def measure() -> dict:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder)).prepare()
        for name, (module, command) in SERVERS.items():
            if importlib.util.find_spec(module) is None:
                continue
            for clients in CLIENTS:
                for way, attack in ATTACKS.items():
                    with running(site, command):
                        told = _told(*under(attack, clients, site.port))
                    found[f"{name}, {clients} {way}"] = told
    return found


def under(attack: Attack, clients: int, port: int) -> tuple[int, float]:
    """Return how many probes were answered during an attack, and the slowest one's seconds."""
    over = threading.Event()
    sockets: list[socket.socket] = []
    for _ in range(clients):
        with contextlib.suppress(OSError):
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
    thread = threading.Thread(target=attack, args=(sockets, over))
    thread.start()
    time.sleep(HOLD_S)
    try:
        times = [_probe(port) for _ in range(PROBES)]
    finally:
        over.set()
        thread.join()
        for one in sockets:
            one.close()
    answered = [seconds for seconds in times if seconds is not None]
    return len(answered), max(answered, default=PATIENCE_S)


Attack = Callable[[list[socket.socket], threading.Event], None]


def drip_heads(sockets: list[socket.socket], over: threading.Event) -> None:
    """Send a request whose head never ends, a byte at a time."""
    _drip(sockets, b"GET /about/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", over)


def drip_uploads(sockets: list[socket.socket], over: threading.Event) -> None:
    """Send a file a byte at a time."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    _drip(
        sockets,
        b"POST /upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + head,
        over,
    )


def read_nothing(sockets: list[socket.socket], over: threading.Event) -> None:
    """Ask for a track forty times on each connection, and read none of the answers."""
    request = f"GET {TRACK} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for one in sockets:
        with contextlib.suppress(OSError):
            one.sendall(40 * request)
    over.wait()


def say_nothing(sockets: list[socket.socket], over: threading.Event) -> None:
    """Open connections and leave them."""
    over.wait()


def _drip(sockets: list[socket.socket], start: bytes, over: threading.Event) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.sendall(start)
    while not over.wait(1):
        for one in sockets:
            with contextlib.suppress(OSError):
                one.sendall(b"x")


ATTACKS: dict[str, Attack] = {
    "dripping heads": drip_heads,
    "dripping uploads": drip_uploads,
    "answers unread": read_nothing,
    "silent connections": say_nothing,
}


def _probe(port: int) -> float | None:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/about/", headers={"Host": "localhost"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return time.perf_counter() - started


def _told(answered: int, slowest: float) -> str:
    return f"{answered} of {PROBES} answered, slowest {slowest:.1f} s"


@contextlib.contextmanager
def running(site: Site, command: tuple[str, ...]) -> Iterator[None]:
    """Serve a site, whose folder is prepared, with one of SERVERS."""
    address = [f"127.0.0.1:{site.port}"]
    if command[0] == "waitress":
        address.append("genresite.wsgi:application")
    elif command[0] == "granian":
        address = ["127.0.0.1", "--port", str(site.port), "genresite.wsgi:application"]
    with (site.folder / "log.txt").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *address],
            cwd=ROOT,
            env=site.env,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: _probe(site.port) is not None, 30, command[0])
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
