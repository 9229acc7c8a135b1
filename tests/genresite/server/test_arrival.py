"""A request is whole when all of its bytes are here, and it has no byte of the next."""

from __future__ import annotations

import pytest

from genresite.server.arrival import (
    CONTINUE,
    KEPT_OF_TOO_LARGE,
    MOST_HEAD_BYTES,
    Arrival,
    BodyLimits,
)

LIMITS = BodyLimits(most=2_000_000, unread=20_000_000)


def whole(arrival: Arrival) -> bytes:
    return b"".join(iter(lambda: arrival.read(1000), b""))


def post(length: object, *more: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: a", f"Content-Length: {length}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def test_a_head_without_a_body_is_whole_at_its_end():
    arrival = Arrival(LIMITS)
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for i in range(len(head)):
        assert not arrival.is_whole
        assert arrival.feed(head[i : i + 1]) == b""
    assert arrival.is_whole
    assert whole(arrival) == head


def test_a_body_is_waited_for_and_the_next_request_is_left():
    arrival = Arrival(LIMITS)
    assert arrival.feed(post(5) + b"ab") == b""
    assert not arrival.is_whole
    assert arrival.feed(b"cdeGET / ") == b"GET / "
    assert arrival.is_whole
    assert whole(arrival) == post(5) + b"abcde"


def test_a_large_body_lies_on_disk():
    arrival = Arrival(LIMITS)
    arrival.feed(post(1_000_000))
    arrival.feed(bytes(1_000_000))
    assert arrival.is_whole
    assert arrival.stored == 1_000_000
    assert arrival._body._rolled


def test_of_a_body_over_the_limit_the_beginning_is_kept_and_all_is_waited_for():
    arrival = Arrival(LIMITS)
    arrival.feed(post(3_000_000))
    for _ in range(3):
        assert not arrival.is_whole
        arrival.feed(bytes(1_000_000))
    assert arrival.is_whole
    assert len(whole(arrival)) == len(post(3_000_000)) + KEPT_OF_TOO_LARGE


@pytest.mark.parametrize(
    "head",
    [
        post(10**12),  # far over the limit: refused unread
        post("-5"),
        post("5", "Content-Length: 6"),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_refused_or_read_by_no_page_is_not_waited_for(head):
    arrival = Arrival(LIMITS)
    arrival.feed(head)
    assert arrival.is_whole
    assert whole(arrival) == head


def test_a_head_without_an_end_is_given_to_the_parser_which_refuses_it():
    arrival = Arrival(LIMITS)
    arrival.feed(b"GET / HTTP/1.1\r\nX: " + b"a" * MOST_HEAD_BYTES)
    assert arrival.is_whole


def test_who_waits_to_be_asked_for_a_body_is_asked():
    said = []
    arrival = Arrival(LIMITS, said.append)
    arrival.feed(post(5, "Expect: 100-continue"))
    assert said == [CONTINUE]
    arrival = Arrival(LIMITS, said.append)
    arrival.feed(post(10**12, "Expect: 100-continue"))
    assert said == [CONTINUE]
