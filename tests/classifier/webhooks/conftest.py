from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.models import Webhook, WebhookDelivery
from classifier.visitors import tokens
from classifier.webhooks import deliveries, registration, sending, targets

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A server on this machine; each request is kept, and answered with `answer` as it is.

    answer : bytes, or what writes to the connection until `closed` is set
    """

    def __init__(self, context=None):
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.answer = OK
        self.closed = threading.Event()
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                receiver.connections += 1
                with contextlib.suppress(OSError):
                    if context:
                        self.connection = context.wrap_socket(self.connection, server_side=True)
                        self.rfile = self.connection.makefile("rb")
                    receiver.serve(self.connection, self.rfile)
                with contextlib.suppress(OSError):
                    self.connection.close()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, connection: socket.socket, stream) -> None:
        line = stream.readline().decode().strip()
        headers = {}
        while text := stream.readline().decode().strip():
            name, _, value = text.partition(": ")
            headers[name] = value
        body = stream.read(int(headers.get("Content-Length", 0)))
        self.requests.append((line, headers, body))
        if callable(self.answer):
            self.answer(connection, self.closed)
        else:
            connection.sendall(self.answer)

    def close(self) -> None:
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def at_home(settings):
    """What the settings for home networks allow: this machine, without encryption."""
    settings.WEBHOOKS_HTTP = settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def receiver(at_home):
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def token(db):
    return tokens.make("a program", ["read", "classify"])[0]


@pytest.fixture
def make_webhook(token):
    def make(url="https://hooks.example.org/genre", **values) -> Webhook:
        webhook = Webhook(**{"token": token, "url": url} | values)
        registration.save_new(webhook)
        return webhook

    return make


@pytest.fixture
def make_delivery(make_webhook):
    def make(webhook=None, **values) -> WebhookDelivery:
        # SQLite's clock goes by milliseconds: what is due at this very moment may not be yet.
        due_at = timezone.now() - timedelta(seconds=1)
        values = {"song": "abc123-_x", "song_state": "done", "due_at": due_at} | values
        return WebhookDelivery.objects.create(webhook=webhook or make_webhook(), **values)

    return make


@pytest.fixture
def outcomes(monkeypatch):
    """Have tries end in these ways, one after the other, the last one again and again."""

    def install(*results: bool):
        left, sent = list(results), []

        def send(url, secret, delivery_id, body):
            sent.append((url, delivery_id, body))
            is_delivered = left.pop(0) if len(left) > 1 else left[0]
            return sending.Outcome(is_delivered, "status 200" if is_delivered else "status 500")

        monkeypatch.setattr(deliveries.sending, "send", send)
        return sent

    return install


@pytest.fixture
def resolver(monkeypatch):
    """Have names lead to these IP addresses; gives the list of what was looked up."""

    def install(*answers: list[str]):
        left, asked = list(answers), []

        def getaddrinfo(host, port, *args, **kwargs):
            asked.append(host)
            found = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

        monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
        return asked

    return install


def wait_until_due(delivery: WebhookDelivery) -> None:
    past = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=past)
