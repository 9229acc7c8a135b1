"""One message: what is sent, and what of the answer counts. The receivers are real servers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time

import pytest
import trustme

from classifier.webhooks import sending

from .conftest import Receiver

BODY = b'{"id": "x"}'
PATIENCE_S = 20  # far more than a try takes, and far less than the answers below would


def send(url: str) -> sending.Outcome:
    return sending.send(url, "a secret", "delivery1", BODY)


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(sending, "LIMIT_S", 0.4)


@pytest.fixture
def authority(monkeypatch, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    sending._ssl_context.cache_clear()
    yield authority
    sending._ssl_context.cache_clear()


@pytest.fixture
def tls_receiver(at_home, authority):
    """A receiver of which the certificate says hooks.example.org."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example.org").configure_cert(context)
    names = []
    context.sni_callback = lambda sock, name, context: names.append(name)
    receiver = Receiver(context)
    receiver.names = names
    yield receiver
    receiver.close()


def test_a_message_is_one_signed_post(receiver):
    outcome = send(receiver.url)
    assert outcome == sending.Outcome(True, "status 200")
    [(line, headers, body)] = receiver.requests
    assert line == "POST /hook?a=b HTTP/1.1"
    assert body == BODY
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Genre-Delivery"] == "delivery1"
    timestamp = headers["X-Genre-Timestamp"]
    assert abs(int(timestamp) - time.time()) < PATIENCE_S
    assert headers["X-Genre-Signature"] == sending.signature("a secret", timestamp, BODY)
    assert set(headers) == {
        "Host", "Content-Type", "Content-Length", "User-Agent", "Connection", "Accept-Encoding",
        "X-Genre-Delivery", "X-Genre-Timestamp", "X-Genre-Signature",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "is_delivered"), [(200, True), (204, True), (299, True), (199, False),
                                 (302, False), (400, False), (410, False), (500, False)]
)  # fmt: skip
def test_only_2xx_is_delivered(receiver, status, is_delivered):
    receiver.answer = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()
    assert send(receiver.url) == sending.Outcome(is_delivered, f"status {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    receiver.answer = (
        f"HTTP/1.1 {status} X\r\nLocation: {receiver.url}/on\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert not send(receiver.url).is_delivered
    assert receiver.connections == 1


def _drip(first: bytes, again: bytes):
    def answer(connection: socket.socket, closed: threading.Event) -> None:
        connection.sendall(first)
        for _ in range(int(PATIENCE_S / 0.05)):
            connection.sendall(again)
            if closed.wait(0.05):
                return

    return answer


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Again: x\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "a byte at a time", "an endless header", "endless headers", "endless 100"],
)
def test_slow_and_endless_heads_are_ended_in_time(receiver, short_limit, first, again):
    receiver.answer = _drip(first, again)
    began = time.monotonic()
    assert send(receiver.url) == sending.Outcome(False, "no answer within 0.4 s")
    assert time.monotonic() - began < PATIENCE_S / 2


def test_a_body_is_not_read(receiver, short_limit):
    receiver.answer = _drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    assert send(receiver.url) == sending.Outcome(True, "status 200")


def test_a_head_without_end_is_not_kept(receiver):
    def answer(connection: socket.socket, closed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"X" * 65_536)

    receiver.answer = answer
    assert send(receiver.url) == sending.Outcome(False, "its answer is no HTTP")


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00\xff\x00"],
)
def test_what_is_no_http_is_a_failed_try(receiver, answer):
    receiver.answer = answer
    outcome = send(receiver.url)
    assert not outcome.is_delivered
    assert "OpenSSH" not in outcome.words


def test_where_nobody_listens_is_a_failed_try(at_home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        outcome = send(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert outcome == sending.Outcome(False, "nothing listens there")


def test_proxies_of_the_environment_are_not_asked(receiver, monkeypatch):
    other = Receiver()
    try:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
        assert send(receiver.url).is_delivered
        assert not other.connections
    finally:
        other.close()


def test_nothing_is_sent_where_settings_forbid_it(receiver, settings):
    settings.WEBHOOKS_PRIVATE = False
    assert not send(receiver.url).is_delivered
    settings.WEBHOOKS_PRIVATE, settings.WEBHOOKS_HTTP = True, False
    assert not send(receiver.url).is_delivered
    assert not receiver.connections


def test_a_name_that_leads_elsewhere_after_the_check_is_not_followed(
    receiver, resolver, settings, monkeypatch
):
    """The second look-up would lead to this machine; there is none."""
    settings.WEBHOOKS_PRIVATE = False
    asked = resolver(["93.184.216.34"], ["127.0.0.1"])
    connected = []

    def connect(sock, address):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket.socket, "connect", connect)
    outcome = send("http://rebinding.example.org:8123/")
    assert outcome.words == "nothing listens there"
    assert asked == ["rebinding.example.org"]
    assert connected == [("93.184.216.34", 8123)]
    assert not receiver.connections


def test_the_address_that_was_checked_is_connected_to_by_its_name(tls_receiver, resolver):
    asked = resolver(["127.0.0.1"], ["127.0.0.2"])
    outcome = send(f"https://hooks.example.org:{tls_receiver.port}/hook")
    assert outcome == sending.Outcome(True, "status 200")
    assert asked == ["hooks.example.org"]
    [(_, headers, _)] = tls_receiver.requests
    assert headers["Host"] == f"hooks.example.org:{tls_receiver.port}"
    assert tls_receiver.names == ["hooks.example.org"]


def test_another_address_of_a_name_is_tried_where_the_first_does_not_answer(tls_receiver, resolver):
    resolver(["127.0.0.9", "127.0.0.1"])
    assert send(f"https://hooks.example.org:{tls_receiver.port}/").is_delivered


def test_a_certificate_of_another_name_is_not_believed(tls_receiver, resolver):
    resolver(["127.0.0.1"])
    outcome = send(f"https://other.example.org:{tls_receiver.port}/")
    assert outcome == sending.Outcome(False, "its certificate is not valid for this address")
    assert not tls_receiver.requests


def test_a_handshake_without_end_is_ended_in_time(receiver, authority, resolver, short_limit):
    """A server that speaks no TLS, and says nothing."""
    resolver(["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = send(f"https://hooks.example.org:{silent.getsockname()[1]}/")
    assert outcome == sending.Outcome(False, "no answer within 0.4 s")
