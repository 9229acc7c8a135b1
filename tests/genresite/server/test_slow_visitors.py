"""Slow visitors hold no thread: the site answers the others, with 8 threads and 30 of them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from scripts.bench import slow
from scripts.testbed.site import ROOT, Site, wait_for

COMMAND = slow.SERVERS["the site's worker"][1]
LIMIT_MB = 1
TOKEN = "a" * 32


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("slow"), UPLOAD_MAX_MB=str(LIMIT_MB)).prepare()
    with slow.running(site, COMMAND):
        yield site
    site.close_shell()


def connect(site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=30)


def answer_of(one: socket.socket) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(one)
    response.begin()
    return response


def upload(size: int) -> bytes:
    """The form as a browser sends it, the token before the file."""
    field = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = field.format("csrfmiddlewaretoken", "").encode() + TOKEN.encode() + b"\r\n"
    body += field.format("file", '; filename="a.wav"').encode() + bytes(size) + b"\r\n--b--\r\n"
    head = (
        "POST /upload/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Cookie: csrftoken={TOKEN}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def test_the_site_is_served_by_this_worker():
    found = subprocess.run(
        ["grep", "-rl", slow.WORKER, "scripts", "--include=*", "--exclude-dir=bench"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip()


@pytest.mark.parametrize("way", slow.ATTACKS)
def test_thirty_slow_visitors_do_not_stop_the_others(site, way):
    answered, _ = slow.under(slow.ATTACKS[way], 30, site.port)
    assert answered == slow.PROBES


def test_a_slow_upload_arrives_whole_and_is_answered(site):
    with connect(site) as one:
        request = upload(100_000)
        for begin in range(0, len(request), 20_000):
            one.sendall(request[begin : begin + 20_000])
        response = answer_of(one)
        assert response.status == 302
        assert response.headers["Location"].startswith("/song/")


@pytest.mark.parametrize("times", [1.5, 8])
def test_a_file_over_the_limit_is_a_sentence_on_the_page(site, times):
    with connect(site) as one:
        one.sendall(upload(int(times * LIMIT_MB * 1024 * 1024)))
        response = answer_of(one)
        assert response.status == 400
        assert b"This file is too large: at most" in response.read()


def test_a_body_far_over_the_limit_is_refused_before_it_is_sent(site):
    with connect(site) as one:
        one.sendall(
            b"POST /upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n"
        )
        response = answer_of(one)
        assert response.status == 413
        assert b"too large" in response.read()
        assert one.recv(1) == b""


def test_requests_sent_at_once_are_answered_in_their_order(site):
    paths = ["/about/", "/privacy/", "/nowhere/", "/health/"]
    with connect(site) as one:
        one.sendall(
            b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths)
        )
        whole = b""
        while b'"status"' not in whole:
            data = one.recv(65536)
            assert data
            whole += data
    found = [whole.find(text) for text in (b"<title>About", b"<title>Privacy", b"404", b'"status"')]
    assert found == sorted(found)
    assert whole.count(b"HTTP/1.1 ") == len(paths)


def test_a_body_cannot_hide_a_second_request(site):
    with connect(site) as one:
        hidden = b"GET /about/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        one.sendall(
            b"POST /health/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" % len(hidden) + hidden
        )
        whole = b""
        while data := one.recv(65536):
            whole += data
    assert whole.count(b"HTTP/1.1 ") == 1
    assert b"HTTP/1.1 400" in whole


def test_a_large_answer_that_is_read_slowly_is_whole(site):
    with connect(site) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(f"GET {slow.TRACK} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        response = answer_of(one)
        body = response.read()
    assert body == (ROOT / "classifier/library/chaos-god-muldjord.mp3").read_bytes()


def test_more_connections_than_there_may_be_open_push_out_the_oldest(tmp_path, site):
    crowd = Site(tmp_path).prepare_like(site.folder)
    command = (*COMMAND[:-1], "--worker-connections", "20", COMMAND[-1])
    with slow.running(crowd, command):
        answered, _ = slow.under(slow.say_nothing, 100, crowd.port)
    assert answered == slow.PROBES


def test_a_stop_lets_an_upload_end(tmp_path, site):
    stopping = Site(tmp_path).prepare_like(site.folder)
    process = subprocess.Popen(
        [sys.executable, "-m", *COMMAND, f"127.0.0.1:{stopping.port}"], cwd=ROOT, env=stopping.env
    )
    try:
        wait_for(stopping.health, 30, "the site")
        request = upload(50_000)
        with connect(stopping) as one:
            one.sendall(request[:40_000])
            threading.Timer(1, os.kill, (process.pid, signal.SIGTERM)).start()
            threading.Timer(2, one.sendall, (request[40_000:],)).start()
            assert answer_of(one).status == 302
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
