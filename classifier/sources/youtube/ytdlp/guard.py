"""Refuse connections to anything but YouTube, whatever yt-dlp is told or a redirect says.

Three places are checked, because each alone can be bypassed: names when they are looked up,
addresses when a socket connects to them (only those that an allowed name was found at), and the
target that a proxy is asked to connect to. It binds Python's own sockets, and no code that speaks
through a C library: that which yt-dlp could use is kept out of the process (see `child`). Of
programs, it lets Python start decoders and deno, which yt-dlp gives no right to use the network and
which is not told of a proxy and its password. What such code could reach all the same is bounded by
`confinement`.

For the child process only: an audit hook cannot be taken back.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .about import RUNTIMES

HOSTS = ("youtube.com", "youtu.be", "googlevideo.com", "ytimg.com", "youtubei.googleapis.com")
# Nothing else in a name: the C library ends it at a NUL, and IDNA makes dots of other characters.
PLAIN = re.compile(r"[a-z0-9._-]+")
LOOKUPS = {"socket.gethostbyname", "socket.gethostbyaddr"}
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
STARTS = {"os.exec", "os.posix_spawn", "os.spawn", "os.system"}


class Refused(OSError):
    """A connection that is not allowed."""

    def __init__(self, host: object):
        super().__init__(f"refused to connect to {host}")


class ProgramRefused(OSError):
    """A program that is not allowed."""

    def __init__(self, program: object):
        super().__init__(f"refused to start {program}")


def is_allowed(host: str) -> bool:
    host = host.lower().rstrip(".")
    if not PLAIN.fullmatch(host):
        return False
    return any(host == name or host.endswith(f".{name}") for name in HOSTS)


def install(proxy: str) -> None:
    """Restrict this process to YouTube's hosts, and the proxy on the way to them."""
    # That of the environment, if any, comes as `proxy` too: this process has none of its own.
    proxies = {_end_point(proxy)} if proxy else set()
    addresses: set[object] = set()  # where the allowed names were found: (address, port)
    if "socks" in proxy:
        _watch_socks()

    def may_look_up(host: object, port: object) -> bool:
        name = _text(host).lower()
        if (name, None) in proxies or (name, _text(port)) in proxies:
            return True
        return is_allowed(name)

    def check(event: str, arguments: tuple) -> None:
        if event == "socket.getaddrinfo":
            if not may_look_up(arguments[0], arguments[1]):
                raise Refused(_text(arguments[0]))
        elif event in LOOKUPS:
            if not is_allowed(_text(arguments[0])):
                raise Refused(_text(arguments[0]))
        elif event in SENDS:
            # None: sent to where the socket is connected already.
            address = arguments[1]
            if address is not None and _first_two(address) not in addresses:
                raise Refused(address)
        elif event == "http.client.connect":
            connection, host, _port = arguments
            # Through a proxy the real target is that of the tunnel; without a tunnel it would be
            # plain http, which YouTube does not speak.
            target = getattr(connection, "_tunnel_host", None) or host
            if not is_allowed(_text(target)):
                raise Refused(target)
        elif event == "subprocess.Popen":
            program, _arguments, _folder, environment = arguments
            if program != sys.executable and Path(program).name not in RUNTIMES:
                raise ProgramRefused(program)
            _forget_proxies(environment)
        elif event in STARTS:
            raise ProgramRefused(arguments[0])

    look_up = socket.getaddrinfo

    def getaddrinfo(*args: Any, **kwargs: Any) -> list[tuple]:
        answers = look_up(*args, **kwargs)  # `check` is asked in there
        addresses.update(_first_two(address) for *_, address in answers)
        return answers

    socket.getaddrinfo = getaddrinfo
    sys.addaudithook(check)


def _forget_proxies(environment: dict[str, str] | None) -> None:
    """Take the proxies out of what a program is told: yt-dlp puts its own there for deno."""
    for name in list(environment or {}):
        if environment and name.lower().endswith("_proxy"):
            del environment[name]


def _watch_socks() -> None:
    """Check the targets of SOCKS proxies, which no audit event shows."""
    from yt_dlp.socks import sockssocket

    def refusing(connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_if_allowed(self: sockssocket, address: tuple) -> Any:
            if not is_allowed(_text(address[0])):
                raise Refused(address[0])
            return connect(self, address)

        return connect_if_allowed

    sockssocket.connect = refusing(sockssocket.connect)
    sockssocket.connect_ex = refusing(sockssocket.connect_ex)


def _end_point(address: str) -> tuple[str | None, str | None]:
    """Return host and port of a proxy's URL; a port that is not named is any port."""
    try:
        url = urlsplit(address if "://" in address else f"//{address}")
        return url.hostname, None if url.port is None else str(url.port)
    except ValueError:
        return None, None


def _text(value: object) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")


def _first_two(address: object) -> object:
    """Return (address, port) of a socket's address: IPv6 has a flow and a scope behind them."""
    return tuple(address[:2]) if isinstance(address, (tuple, list)) else address
