"""Media in bounded ranges: what is asked for, and what a lying or failing server can do."""

from __future__ import annotations

import io
import random
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from classifier.sources.youtube.ytdlp.failures import YouTubeFailure
from classifier.sources.youtube.ytdlp.ranges import BLOCK_BYTES, MAX_RANGE_BYTES, Media

CONTENT = random.Random(5).randbytes(BLOCK_BYTES * 40 + 123)
LARGE = 10**9


class Server:
    """Hands out CONTENT in ranges, and remembers what was asked for."""

    def __init__(self, *, status=206, short=None, delay_s=0.0):
        self.asked: list[tuple[int, int]] = []
        self.status, self.short, self.delay_s = status, short, delay_s

    def get(self, first: int, last: int) -> tuple[int, int | None, bytes]:
        self.asked.append((first, last))
        time.sleep(self.delay_s)
        if self.status == 200:
            return 200, len(CONTENT), CONTENT
        data = CONTENT[first : last + 1]
        if self.short is not None:
            data = data[: self.short]
        return self.status, len(CONTENT), data


def media_of(server: Server, max_bytes: int = LARGE, seconds: float = 20) -> Media:
    return Media(server.get, max_bytes=max_bytes, deadline=time.monotonic() + seconds)


def read_all(file, size: int = 5000) -> bytes:
    parts = []
    while part := file.read(size):
        parts.append(part)
        assert sum(map(len, parts)) <= len(CONTENT)
    return b"".join(parts)


@pytest.mark.parametrize("ahead", [1, BLOCK_BYTES * 3, LARGE])
def test_it_reads_like_a_file(ahead):
    server = Server()
    file = media_of(server).open(ahead)
    assert read_all(file) == CONTENT
    assert file.read(10) == b""
    plain, rng = io.BytesIO(CONTENT), random.Random(3)
    for _ in range(200):
        at, size = rng.randrange(len(CONTENT)), rng.randrange(1, 4000)
        file.seek(at)
        plain.seek(at)
        got = file.read(size)
        assert got
        assert plain.read(size).startswith(got)
        assert file.tell() == at + len(got)


def test_ranges_are_bounded_and_nothing_is_asked_for_twice():
    server = Server()
    media = media_of(server)
    read_all(media.open(LARGE))
    assert all(0 <= last - first < MAX_RANGE_BYTES for first, last in server.asked)
    assert max(last for _, last in server.asked) < len(CONTENT)
    spans = sorted(server.asked)
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    count = len(server.asked)
    assert read_all(media.open(1)) == CONTENT
    assert len(server.asked) == count == media.requests


def test_many_threads_fetch_each_block_once():
    server = Server(delay_s=0.01)
    media = media_of(server)
    with ThreadPoolExecutor(8) as pool:
        files = [media.open(BLOCK_BYTES * 2) for _ in range(8)]
        assert set(pool.map(read_all, files)) == {CONTENT}
    starts = [first for first, _ in server.asked]
    assert len(starts) == len(set(starts))
    assert media.received == len(CONTENT)


def test_a_reader_is_not_held_by_anothers_failure():
    """The thread that was fetching a block fails; the one that waits for it tries by itself."""
    server = Server()
    calls = []

    def get(first, last):
        calls.append(first)
        if len(calls) == 1:
            time.sleep(0.2)
            raise ConnectionResetError("gone")
        return server.get(first, last)

    media = Media(get, max_bytes=LARGE, deadline=time.monotonic() + 20)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(media.open(1).read, 10)
        time.sleep(0.05)
        second = pool.submit(media.open(1).read, 10)
        with pytest.raises(ConnectionResetError):
            first.result(10)
        assert second.result(10) == CONTENT[:10]


def test_the_budget_ends_it():
    media = media_of(Server(), max_bytes=BLOCK_BYTES * 10)
    with pytest.raises(YouTubeFailure) as caught:
        read_all(media.open(BLOCK_BYTES))
    assert caught.value.kind == "too_much_data"
    assert media.received <= BLOCK_BYTES * 10


def test_the_deadline_ends_it():
    media = media_of(Server(), seconds=-1)
    with pytest.raises(TimeoutError):
        media.open(1).read(10)


def test_a_server_that_ignores_ranges_is_asked_once():
    server = Server(status=200)
    media = media_of(server)
    assert read_all(media.open(1)) == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("short", [0, 1, 100])
def test_a_server_that_gives_less_than_asked_does_not_hold_the_reader(short):
    server = Server(short=short)
    file = media_of(server).open(1)
    data = read_all(file)
    assert CONTENT.startswith(data[: short or 1]) or not data
    assert len(server.asked) < 200


def test_seeking_before_the_beginning_and_behind_the_end():
    file = media_of(Server()).open(1)
    assert file.seek(-50) == 0
    assert file.seek(-3, io.SEEK_END) == len(CONTENT) - 3
    assert file.read(10) == CONTENT[-3:]
    assert file.seek(1000, io.SEEK_END) == len(CONTENT) + 1000
    assert file.read(10) == b""
    file.seek(5)
    assert file.seek(5, io.SEEK_CUR) == 10
