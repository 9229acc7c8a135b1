"""The guard of the child process. Each test runs it in a process of its own: it cannot be undone.

What must not be reached is played by sockets of this machine that write down who comes.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from classifier.sources.youtube.ytdlp.guard import is_allowed

ROOT = Path(__file__).resolve().parents[5]
PRELUDE = """
import asyncio, http.client, json, socket, sys, urllib.request
import requests
from yt_dlp import YoutubeDL
from classifier.sources.youtube.ytdlp import guard

told = {}

def attempt(name, action):
    try:
        told[name] = f"reached: {action()!r}"
    except BaseException as error:
        told[name] = repr(error)

def yt_dlp(url, **options):
    options |= {"quiet": True, "socket_timeout": 3, "retries": 0}
    with YoutubeDL(options) as ydl:
        return ydl.urlopen(url).read()
"""


class Listener:
    """A port of this machine: counts the connections, and keeps what they said first."""

    def __init__(self, family=socket.AF_INET, host="127.0.0.1"):
        self.heard: list[bytes] = []
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        self._socket.listen(64)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.heard.append(connection.recv(4096))
                    if self.heard[-1].startswith(b"\x05"):  # SOCKS 5: "go on"
                        connection.sendall(b"\x05\x00")
                        self.heard.append(connection.recv(4096))
                except OSError:
                    pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def listener():
    found = Listener()
    yield found
    found.close()


@pytest.fixture
def listener6():
    try:
        found = Listener(socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    yield found
    found.close()


def guarded(script: str, *arguments: object) -> dict[str, str]:
    """What each `attempt` of a script came to; the arguments are its `sys.argv[1:]`."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    script = f"{PRELUDE}\n{textwrap.dedent(script)}\nprint(json.dumps(told))"
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "host",
    ["youtube.com", "WWW.YouTube.com.", "rr1---sn-4g5e.googlevideo.com", "youtubei.googleapis.com"],
)
def test_youtube_is_allowed(host):
    assert is_allowed(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "youtube.com.evil.example",
        "evilyoutube.com",
        "www.youtube.com@evil.example",
        "evil.example\0.youtube.com",
        "evil.example\n.youtube.com",
        "evil.example/.youtube.com",
        "evil.example:80#.youtube.com",
        "www\N{FULLWIDTH FULL STOP}youtube\N{FULLWIDTH FULL STOP}com",
        "xn--yutube-wqf.com",
        "www.y\N{CYRILLIC SMALL LETTER O}utube.com",
        "googleapis.com",
        "169.254.169.254",
        "[::1]",
        "::ffff:169.254.169.254",
        "localhost",
    ],
)
def test_nothing_else_is(host):
    assert not is_allowed(host)


def test_every_way_out_of_the_process_is_shut(listener, listener6):
    told = guarded(
        r"""
        port, port6 = int(sys.argv[1]), int(sys.argv[2])
        here = ("127.0.0.1", port)
        guard.install("")
        sink = f":{port}/"
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "evil.example"):
            attempt(f"urllib {host}", lambda: urllib.request.urlopen(f"http://{host}{sink}"))
            attempt(f"requests {host}", lambda: requests.get(f"http://{host}{sink}", timeout=3))
            attempt(f"yt-dlp {host}", lambda: yt_dlp(f"http://{host}{sink}"))
            attempt(f"yt-dlp, TLS, {host}", lambda: yt_dlp(f"https://{host}{sink}"))
            attempt(f"yt-dlp, urllib, {host}", lambda: yt_dlp(
                f"http://{host}{sink}", compat_opts=["prefer-legacy-http-handler"]))
        for url in (f"http://[::1]:{port6}/", f"http://[::ffff:127.0.0.1]{sink}"):
            attempt(f"urllib {url}", lambda: urllib.request.urlopen(url))
            attempt(f"requests {url}", lambda: requests.get(url, timeout=3))
            attempt(f"yt-dlp {url}", lambda: yt_dlp(url))
        attempt("user info", lambda: yt_dlp(f"http://www.youtube.com@127.0.0.1{sink}"))
        attempt("ftp", lambda: urllib.request.urlopen(f"ftp://127.0.0.1{sink}"))
        attempt("http.client", lambda: http.client.HTTPConnection(*here).request("GET", "/"))
        attempt("create_connection", lambda: socket.create_connection(here))
        attempt("NUL", lambda: socket.create_connection(("localhost\0.youtube.com", port)))
        attempt("NUL, bytes", lambda: socket.getaddrinfo(b"localhost\0.youtube.com", port))
        attempt("gethostbyname", lambda: socket.gethostbyname("evil.example"))
        attempt("gethostbyname_ex", lambda: socket.gethostbyname_ex("evil.example"))
        attempt("connect", lambda: socket.socket().connect(here))
        attempt("connect_ex", lambda: socket.socket().connect_ex(here))
        attempt("connect by name", lambda: socket.socket().connect(("localhost", port)))
        attempt("connect, IPv6",
            lambda: socket.socket(socket.AF_INET6).connect(("::1", port6, 0, 0)))
        attempt("mapped", lambda: socket.socket(socket.AF_INET6).connect(
            ("::ffff:127.0.0.1", port, 0, 0)))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        attempt("sendto", lambda: udp.sendto(b"x", here))
        attempt("sendmsg", lambda: udp.sendmsg([b"x"], [], 0, here))
        attempt("a socket file",
            lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"))
        async def open_connection():
            return await asyncio.open_connection(*here)
        attempt("asyncio", lambda: asyncio.run(open_connection()))
        """,
        listener.port,
        listener6.port,
    )
    assert len(told) > 40
    allowed = {name: what for name, what in told.items() if "refused to connect" not in what}
    assert allowed == {}
    assert listener.heard == listener6.heard == []


def test_files_are_out_of_reach_of_yt_dlp(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    told = guarded(
        """
        guard.install("")
        for url in (f"file://{sys.argv[1]}", f"file://localhost{sys.argv[1]}"):
            attempt(url, lambda: yt_dlp(url))
            attempt(f"legacy {url}",
                lambda: yt_dlp(url, compat_opts=["prefer-legacy-http-handler"]))
        """,
        secret,
    )
    assert len(told) == 4
    for what in told.values():
        assert "a secret" not in what
        assert "reached" not in what


def test_an_allowed_name_is_reached_where_it_was_found_and_nowhere_else(listener):
    other = Listener()
    told = guarded(
        """
        port, other = map(int, sys.argv[1:])
        look_up = socket.getaddrinfo

        def youtube_is_here(host, at, *rest, **more):  # in place of the name server
            if host != "www.youtube.com":
                return look_up(host, at, *rest, **more)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", at))]

        socket.getaddrinfo = youtube_is_here
        guard.install("")
        attempt("before", lambda: socket.create_connection(("::1", port)))
        attempt("early", lambda: socket.socket().connect(("127.0.0.1", port)))
        attempt("by name", lambda: socket.create_connection(("www.youtube.com", port)).close())
        attempt("its address", lambda: socket.socket().connect(("127.0.0.1", port)))
        attempt("other port", lambda: socket.socket().connect(("127.0.0.1", other)))
        """,
        listener.port,
        other.port,
    )
    other.close()
    assert "reached" in told["by name"]
    assert "reached" in told["its address"]
    for name in ("before", "early", "other port"):
        assert "refused to connect" in told[name]
    assert other.heard == []


PROXY_SCRIPT = """
    scheme, port, other = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    proxy = f"{scheme}://someone:a-password@127.0.0.1:{port}"
    guard.install(proxy)
    for host in ("evil.example", "169.254.169.254", "[fd00::1]"):
        for safe in ("http", "https"):
            for legacy in ([], ["prefer-legacy-http-handler"]):
                attempt(f"{host} {safe} {legacy}", lambda: yt_dlp(
                    f"{safe}://{host}/latest/", proxy=proxy, compat_opts=legacy))
    attempt("port", lambda: socket.create_connection(("127.0.0.1", other)))
"""


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h", "socks4a"])
def test_a_proxy_is_asked_for_youtube_alone(listener, scheme):
    told = guarded(PROXY_SCRIPT, scheme, listener.port, listener.port + 1)
    assert len(told) == 13
    allowed = {name: what for name, what in told.items() if "refused to connect" not in what}
    assert allowed == {}
    # It may have been connected to, but nobody has told it where to go.
    assert b"".join(listener.heard) == b""


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_is_asked_for_youtube(listener, scheme):
    told = guarded(
        """
        proxy = f"{sys.argv[1]}://127.0.0.1:{sys.argv[2]}"
        guard.install(proxy)
        attempt("youtube", lambda: yt_dlp("https://www.youtube.com/x", proxy=proxy))
        """,
        scheme,
        listener.port,
    )
    assert "refused to connect to" not in told["youtube"]
    assert b"".join(listener.heard) != b""


def test_what_needs_no_proxy_is_no_proxy(listener):
    told = guarded(
        """
        import os
        os.environ["no_proxy"] = "127.0.0.1"
        guard.install("")
        attempt("no_proxy", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
        """,
        listener.port,
    )
    assert "refused to connect" in told["no_proxy"]
    assert listener.heard == []
