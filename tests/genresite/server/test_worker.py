"""The worker's loop, with connections of its own and no process around it."""

from __future__ import annotations

import os
import selectors
import socket
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from genresite.server import worker as worker_module
from genresite.server.worker import BufferingWorker, Connection


@pytest.fixture
def worker():
    config = Config()
    config.set("worker_connections", 3)
    config.set("threads", 1)
    log = SimpleNamespace(warning=lambda *a: None, debug=lambda *a: None, exception=lambda *a: None)
    made = BufferingWorker(1, os.getppid(), [], None, 30, config, log)
    made.poller = selectors.DefaultSelector()
    yield made
    made.poller.close()
    made.tmp.close()


@pytest.fixture
def arrive(worker):
    """Open a connection; returns the visitor's end and the worker's."""
    ends = []

    def make(address: str = "192.0.2.1"):
        ours, theirs = socket.socketpair()
        ends.append(theirs)
        conn = Connection(worker.cfg, ours, (address, 1), ("127.0.0.1", 80))
        worker.nr_conns += 1
        worker._await_request(conn)
        return theirs, conn

    yield make
    for end in ends:
        end.close()


def test_one_that_gave_way_among_events_found_at_once_stops_nothing(worker, arrive):
    theirs, _ = arrive()
    theirs.send(b"GET /")
    (found,) = worker.poller.select(0)
    worker._make_room()
    assert worker.nr_conns == 0
    found[0].data(found[0].fileobj)  # as the loop does for all that it found
    assert worker.nr_conns == 0


def test_the_network_with_most_connections_gives_way(worker, arrive):
    arrive("192.0.2.1")
    _, first = arrive("192.0.2.66")
    _, second = arrive("192.0.2.66")
    worker._make_room()
    assert first not in worker.arriving
    assert second in worker.arriving


@pytest.mark.parametrize(
    ("sent", "after_s", "is_dropped"),
    [
        (b"", 9, False),
        (b"", 11, True),
        (b"GET / HTTP/1.1\r\nX: ", 9, False),
        (b"GET / HTTP/1.1\r\nX: ", 11, True),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", 29, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", 31, True),
    ],
)
def test_deadlines(worker, arrive, monkeypatch, sent, after_s, is_dropped):
    theirs, conn = arrive()
    worker.alive = True
    if sent:
        theirs.send(sent)
        worker._on_readable(conn)
    now = conn.since + after_s
    monkeypatch.setattr(worker_module.time, "monotonic", lambda: now)
    worker.murder_pending()
    assert (conn not in worker.arriving) is is_dropped


def test_a_body_that_drips_is_given_up_however_often_it_does(worker, arrive, monkeypatch):
    theirs, conn = arrive()
    theirs.send(b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n")
    worker._on_readable(conn)
    begun = conn.since
    for after_s in range(0, 90, 3):
        monkeypatch.setattr(worker_module.time, "monotonic", lambda now=begun + after_s: now)
        if conn in worker.arriving:
            theirs.send(b"x")
            worker._on_readable(conn)
            worker.murder_pending()
    assert conn not in worker.arriving
    assert conn.heard_at - begun >= 60


def test_all_bodies_together_have_a_limit(worker, arrive, settings, monkeypatch):
    settings.UPLOAD_MAX_BYTES = 100_000
    monkeypatch.setattr(worker_module, "BODIES_AT_ONCE", 2)
    connections = []
    for _ in range(4):
        theirs, conn = arrive()
        connections.append(conn)
        theirs.send(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        worker._on_readable(conn)
        for _ in range(9):
            theirs.send(bytes(10_000))
            worker._on_readable(conn)
    assert [conn in worker.arriving for conn in connections] == [False, False, True, True]
