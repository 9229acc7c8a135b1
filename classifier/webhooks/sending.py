"""Send one message: a signed POST of which the status alone is read.

Who receives it is a stranger, so everything is bounded: one time limit for looking the name up,
connecting and the answer together, no redirect is followed, no proxy is asked, and the body of the
answer is not read. The connection is made to an IP address that was checked (targets.py), with the
name in the Host header and in the certificate.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from . import targets
from .targets import Target

LIMIT_S = 3.0
CONNECT_S = 1.5  # for each address of a name, within the limit
AGENT = "genresite-webhook"


@dataclass(frozen=True)
class Outcome:
    """Of one try; `words` are ours, never those of the receiver."""

    is_delivered: bool
    words: str


def send(url: str, secret: str, delivery_id: str, body: bytes) -> Outcome:
    """Send a message, and say how that went; raises nothing."""
    clock = _Clock(LIMIT_S)
    try:
        target = targets.parse(url)
        addresses = targets.look_up(target, clock.left_s())
        status = _post(target, addresses, _headers(target, secret, delivery_id, body), body, clock)
    except targets.Refused as refused:
        return Outcome(False, str(refused))
    except targets.NotFound as error:
        return Outcome(False, str(error))
    except Exception as error:  # whatever strange answers make of the standard library
        return Outcome(False, _in_words(error, clock))
    return Outcome(200 <= status < 300, f"status {status}")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what X-Genre-Signature says of a body."""
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class _Clock:
    """One limit for all that a try does."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def left_s(self) -> float:
        return max(0.01, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end


def _headers(target: Target, secret: str, delivery_id: str, body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "Host": target.host_header,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": AGENT,
        "Connection": "close",
        "X-Genre-Delivery": delivery_id,
        "X-Genre-Timestamp": timestamp,
        "X-Genre-Signature": signature(secret, timestamp, body),
    }


def _post(
    target: Target, addresses: list[str], headers: dict[str, str], body: bytes, clock: _Clock
) -> int:
    """Return the status of the answer."""
    with contextlib.ExitStack() as opened:
        sock = opened.enter_context(_connected(addresses, target.port, clock))
        if target.is_https:
            # Not shaken hands yet: that too may take no longer than the limit.
            sock = _ssl_context(_authorities()).wrap_socket(
                sock, server_hostname=target.host, do_handshake_on_connect=False
            )
            opened.enter_context(sock)
        opened.enter_context(_ended_in_time(sock, clock))
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = sock  # so that it connects to nothing by itself
        connection.request("POST", target.path, body, headers)
        # The standard library reads the head, of 100 lines of 64 KB at most, and no body yet.
        response = connection.getresponse()
        response.close()
        if clock.is_over:  # a head that was cut off looks like one that has ended
            raise TimeoutError
        return response.status


def _connected(addresses: list[str], port: int, clock: _Clock) -> socket.socket:
    """Connect to the first address that answers."""
    problem: OSError = OSError("no address")
    for address in addresses:
        if clock.is_over:
            break
        try:
            return _connected_to(address, port, clock)
        except OSError as error:
            problem = error
    raise problem


def _connected_to(address: str, port: int, clock: _Clock) -> socket.socket:
    """Connect to an IP address; unlike `socket.create_connection`, this looks nothing up."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.settimeout(min(CONNECT_S, clock.left_s()))
        sock.connect((address, port))
        sock.settimeout(clock.left_s())
    except BaseException:
        sock.close()
        raise
    return sock


@contextlib.contextmanager
def _ended_in_time(sock: socket.socket, clock: _Clock) -> Iterator[None]:
    """End a connection when the time is over: a socket's own timeout begins anew at each byte."""

    def end() -> None:
        with contextlib.suppress(OSError):
            # Not that of SSLSocket, which would change what another thread is reading from.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(clock.left_s(), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # before the socket is closed, whose number another could get


def _in_words(error: Exception, clock: _Clock) -> str:
    if clock.is_over or isinstance(error, TimeoutError):
        return f"no answer within {LIMIT_S:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not valid for this address"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as it should"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, http.client.HTTPException):
        return "its answer is no HTTP"
    return f"no connection ({type(error).__name__})"


def _authorities() -> str:
    """Return the file of trusted authorities, or "" for that which SSL_CERT_FILE names."""
    import certifi

    return "" if os.environ.get("SSL_CERT_FILE") else certifi.where()


@lru_cache(maxsize=2)
def _ssl_context(authorities: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authorities or None)
