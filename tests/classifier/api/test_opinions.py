"""Corrections and verdicts."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from classifier.models import Correction, Verdict, VerdictChange

from .conftest import Program, problem


@pytest.fixture
def song(make_classification):
    row = make_classification()
    row.features = [0.1] * 197
    row.save()
    return row


def test_a_correction_replaces_the_one_before(program, song):
    path = f"/songs/{song.public_id}/correction"
    for genre in ("jazz", "none"):
        answer = program.post(path, {"genre": genre})
        assert answer.json() == {"id": song.public_id, "you_say": genre}
    assert Correction.objects.get().genre == "none"
    assert program.get(f"/songs/{song.public_id}").json()["you_say"] == "none"
    assert program.delete(path).json() == {"id": song.public_id, "you_say": None}
    assert program.delete(path).status_code == 200
    assert not Correction.objects.exists()


def test_each_token_has_one_word_and_takes_back_its_own_alone(program, another, song):
    path = f"/songs/{song.public_id}/correction"
    program.post(path, {"genre": "jazz"})
    another.post(path, {"genre": "pop"})
    assert Correction.objects.count() == 2
    another.delete(path)
    assert Correction.objects.get().visitor == program.visitor
    assert another.get(f"/songs/{song.public_id}").json()["you_say"] is None


@pytest.mark.parametrize(
    ("genre", "code"),
    [("polka", "unknown_genre"), ("unknown", "unknown_genre"), ("", "invalid"), (None, "invalid"),
     ("x" * 33, "invalid"), (["jazz"], "invalid")],
)  # fmt: skip
def test_what_is_no_genre_is_422(program, song, genre, code):
    problem(program.post(f"/songs/{song.public_id}/correction", {"genre": genre}), 422, code)
    assert not Correction.objects.exists()


def test_before_the_answer_there_is_nothing_to_correct(program, reviewing, make_classification):
    row = make_classification(state="queued")
    for asker, path in ((program, "correction"), (reviewing, "verdict")):
        answer = asker.post(f"/songs/{row.public_id}/{path}", {"genre": "jazz"})
        problem(answer, 409, "not_finished")
        problem(asker.post(f"/songs/unknown/{path}", {"genre": "jazz"}), 404, "not_found")


def test_corrections_are_limited_by_the_token(program, another, song, settings):
    settings.CORRECTIONS_PER_HOUR = 1
    path = f"/songs/{song.public_id}/correction"
    assert program.post(path, {"genre": "jazz"}).status_code == 200
    problem(program.post(path, {"genre": "pop"}), 429, "rate_limited")
    assert another.post(path, {"genre": "pop"}).status_code == 200


def test_a_verdict_is_written_in_the_owners_name(reviewing, ann, song):
    answer = reviewing.post(f"/songs/{song.public_id}/verdict", {"genre": "jazz"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["review"]["genre"] == "jazz"
    song.refresh_from_db()
    assert (song.reviewed_genre, song.reviewed_by) == ("jazz", ann)
    assert Verdict.objects.get().reviewer == ann
    assert VerdictChange.objects.get().after == "jazz"
    assert LogEntry.objects.get().user == ann
    read = reviewing.get(f"/songs/{song.public_id}").json()
    assert read["review"] == answer.json()["review"]


def test_anothers_word_is_not_overwritten_unseen(reviewing, song, db):
    path = f"/songs/{song.public_id}/verdict"
    ben = User.objects.create_user("ben", is_staff=True, is_superuser=True)
    other = Program("review", owner=ben)
    assert other.post(path, {"genre": "pop"}).status_code == 200
    told = problem(reviewing.post(path, {"genre": "jazz"}), 409, "reviewed_meanwhile")
    assert "ben has said" in told["detail"]
    song.refresh_from_db()
    assert song.reviewed_genre == "pop"
    again = reviewing.post(path, {"genre": "jazz", "seen": told["seen"]})
    assert again.status_code == 200
    song.refresh_from_db()
    assert song.reviewed_genre == "jazz"


def test_cannot_tell_none_and_new_genres(reviewing, song):
    path = f"/songs/{song.public_id}/verdict"
    seen = ""
    for genre in ("unknown", "none"):
        answer = reviewing.post(path, {"genre": genre, "seen": seen})
        assert answer.status_code == 200
        seen = answer.json()["review"]["seen"]
    problem(reviewing.post(path, {"genre": "drone", "seen": seen}), 422, "unknown_genre")
    answer = reviewing.post(path, {"genre": " Drone ", "is_new": True, "seen": seen})
    assert answer.json()["review"]["genre"] == "drone"
    problem(reviewing.post(path, {"genre": "///", "is_new": True}), 422, "unknown_genre")


def test_the_owner_must_be_staff_now(reviewing, ann, song):
    ann.is_superuser = False
    ann.save()
    answer = reviewing.post(f"/songs/{song.public_id}/verdict", {"genre": "jazz"})
    problem(answer, 403, "not_staff")
    assert not Verdict.objects.exists()


def test_reviews_are_told_to_tokens_that_review_alone(program, reviewing, song):
    reviewing.post(f"/songs/{song.public_id}/verdict", {"genre": "jazz"})
    assert program.get(f"/songs/{song.public_id}").json()["review"] is None


def test_a_session_of_staff_writes_no_verdict(client, ann, program, song):
    client.force_login(ann)
    url = f"/api/v1/songs/{song.public_id}/verdict"
    body = {"genre": "jazz"}
    problem(client.post(url, body, content_type="application/json"), 401, "unauthenticated")
    # Nor does it lend its name to a token without an owner.
    bare = Program("review")
    answer = client.post(url, body, content_type="application/json", headers=bare.headers)
    problem(answer, 403, "not_staff")
    assert not Verdict.objects.exists()
