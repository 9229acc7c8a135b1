"""GET /songs: a token's own songs, page by page."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from classifier.models import Correction

from .conftest import problem

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def seven(program, ask):
    """Seven songs, of which three were asked for in the same moment; the newest first."""
    minutes = (0, 1, 2, 2, 2, 3, 4)
    entries = [ask(program.visitor, at=NOON + timedelta(minutes=m)) for m in minutes]
    return [entry.classification.public_id for entry in reversed(entries)]


def walk(program, **query) -> list[str]:
    found, cursor = [], ""
    for _ in range(20):
        page = program.get("/songs", query | ({"cursor": cursor} if cursor else {})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_every_song_is_listed_once_whatever_the_size(program, seven, limit):
    assert walk(program, limit=limit) == seven


def test_what_arrives_meanwhile_moves_nothing(program, seven, ask):
    found, cursor = [], ""
    while cursor is not None:
        page = program.get("/songs", {"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        ask(program.visitor, at=timezone.now())
    assert found == seven


def test_beyond_what_was_deleted_meanwhile_the_list_is_empty(program, seven):
    from classifier.models import HistoryEntry

    cursor = program.get("/songs", {"limit": 5}).json()["next_cursor"]
    HistoryEntry.objects.all().delete()
    page = program.get("/songs", {"limit": 5, "cursor": cursor}).json()
    assert page == {"items": [], "next_cursor": None}


def test_nobody_sees_anothers_songs(program, another, seven, ask):
    ask("me")
    assert another.get("/songs").json() == {"items": [], "next_cursor": None}
    cursor = program.get("/songs", {"limit": 2}).json()["next_cursor"]
    assert another.get("/songs", {"cursor": cursor}).json()["items"] == []
    assert walk(program) == seven


def test_since_is_inclusive_and_knows_zones(program, seven):
    for text in ("2026-05-01T12:02:00Z", "2026-05-01T14:02:00+02:00", "2026-05-01T12:02:00"):
        assert walk(program, since=text) == seven[:5]
    assert walk(program, since="2030-01-01T00:00:00Z") == []


def test_a_line_says_what_the_history_says(program, ask):
    entry = ask(program.visitor, name="my tune.mp3", source="upload", source_id="ab" * 32)
    Correction.objects.create(
        visitor=program.visitor, classification=entry.classification, genre="jazz"
    )
    (line,) = program.get("/songs").json()["items"]
    assert line["title"] == "my tune.mp3"
    assert (line["genre"], line["you_say"], line["none_of_the_ten"]) == ("metal", "jazz", False)
    assert datetime.fromisoformat(line["asked_at"]) == entry.created_at
    assert "segments" not in line


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 10_000},
        {"limit": 201},
        {"limit": 0},
        {"limit": -1},
        {"limit": "many"},
        {"limit": "9" * 500},
        {"cursor": "x"},
        {"cursor": "%00"},
        {"cursor": "é"},
        {"cursor": "a" * 101},
        {"cursor": base64.urlsafe_b64encode(b"9-9-9").decode()},
        {"cursor": base64.urlsafe_b64encode(b"9" * 30 + b"-1").decode()},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
        {"since": "9" * 60},
        {"since": "\0"},
    ],
)
def test_what_cannot_be_listed_is_422(program, query):
    problem(program.get("/songs", query), 422, "invalid")


def test_a_cursor_of_any_moment_is_safe(program, seven):
    for text in (b"0-0", b"999999999999999999-1", b"1-999999999999999999"):
        cursor = base64.urlsafe_b64encode(text).decode().rstrip("=")
        answer = program.get("/songs", {"cursor": cursor})
        assert answer.status_code in (200, 422), answer.content


def test_a_list_is_two_queries_however_long(program, seven, django_assert_num_queries):
    program.get("/songs")  # notes the use of the token
    with django_assert_num_queries(2):
        assert len(program.get("/songs", {"limit": 200}).json()["items"]) == 7
