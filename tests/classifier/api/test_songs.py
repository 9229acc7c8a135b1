"""POST /songs, GET /songs/{id}, GET /genres."""

from __future__ import annotations

import json

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from classifier import serving
from classifier.models import Classification, HistoryEntry, OpenJob, RateCount
from classifier.sources import library, upload_store
from classifier.sources.base import SourceError
from classifier.visitors import tokens

from .conftest import Program, problem

SLUG = next(iter(library.catalog()))
VIDEO = "dQw4w9WgXcQ"


@pytest.fixture
def youtube_enabled(settings):
    settings.YOUTUBE_ENABLED = True


def test_a_track_is_asked_for_waited_for_and_read(program, work):
    asked = program.post("/songs", {"library": SLUG})
    assert asked.status_code == 202
    song = asked.json()
    assert asked["Location"] == f"/api/v1/songs/{song['id']}"
    assert (song["state"], song["genre"], song["source_id"]) == ("queued", None, SLUG)
    assert song["progress"] == {"sentence": "Waiting for the worker.", "songs_before": 0}
    work()
    read = program.client.get(asked["Location"], headers=program.headers)
    assert read.status_code == 200
    song = read.json()
    assert song["state"] == "done"
    assert song["genre"] == "blues"
    assert song["confidence"] == pytest.approx(0.64)
    assert song["probabilities"]["blues"] == pytest.approx(0.64)
    assert song["progress"] is None
    assert song["failure"] is None
    assert song["weights_sha256"] == serving.card().sha256
    assert song["model"] == serving.card().model_id
    assert song["none_of_the_ten"] is False
    # As the page says it, and with what was counted for it.
    level = song["confidence_level"]
    assert level["level"] in {"quite_sure", "leaning", "torn", "not_sure"}
    known = {row.word: row for row in serving.card().confidence_levels}[level["level"]]
    assert (level["right"], level["n"]) == (known.right, known.n)
    assert "cross-validation" in level["words"]
    assert "blues" in song["sentence"]
    assert "<" not in song["sentence"]


def test_pages_and_api_say_the_same(program, client, make_classification):
    row = make_classification(is_outside=True, is_music=True, outside_score=3.2)
    page = client.get(f"/song/{row.public_id}.json").json()
    page.pop("versions")
    song = program.get(f"/songs/{row.public_id}").json()
    assert {key: song[key] for key in page} == page
    assert song["confidence_level"] is None
    assert "none of its ten genres" in song["sentence"]


def test_what_is_answered_is_200_at_once_and_costs_nothing(program, another, work):
    first = program.post("/songs", {"library": SLUG}).json()["id"]
    work()
    counted = RateCount.objects.count()
    again = another.post("/songs", {"library": SLUG})
    assert again.status_code == 200
    assert again.json()["id"] == first
    assert again.json()["genre"] == "blues"
    assert RateCount.objects.count() == counted


def test_the_same_request_twice_is_one_song(program, settings):
    settings.JOBS_PER_HOUR = 1
    key = {**program.headers, "Idempotency-Key": "abc"}
    asked = [
        program.client.post(
            "/api/v1/songs", {"library": SLUG}, content_type="application/json", headers=key
        )
        for _ in range(3)
    ]
    assert {answer.status_code for answer in asked} == {202}
    assert len({answer.json()["id"] for answer in asked}) == 1
    assert Classification.objects.count() == HistoryEntry.objects.count() == 1


def test_a_file_is_asked_for_and_its_name_told_to_its_sender_alone(
    program, another, audio_file, work, client
):
    asked = program.send(audio_file("my tune.wav"))
    assert asked.status_code == 202, asked.content
    song = asked.json()
    assert (song["title"], song["source"]) == ("my tune.wav", "upload")
    work()
    sha256 = song["source_id"]
    assert not upload_store.exists(sha256)
    mine = program.get(f"/songs/{song['id']}").json()
    assert (mine["state"], mine["title"], mine["source_id"]) == ("done", "my tune.wav", sha256)
    theirs = another.get(f"/songs/{song['id']}").json()
    assert theirs["genre"] == mine["genre"]
    assert (theirs["title"], theirs["source_id"]) == ("An uploaded recording", None)
    assert "my tune" not in client.get(f"/song/{song['id']}/").content.decode()
    # Sent again it is there already, and its file is not kept.
    again = program.send(audio_file("other name.wav"))
    assert again.status_code == 200
    assert again.json()["title"] == "other name.wav"
    assert upload_store.total_bytes() == 0


def test_a_song_is_forgotten_and_the_answer_to_a_file_of_nobody_elses_deleted(
    program, another, audio_file, work
):
    path = f"/songs/{program.send(audio_file('my tune.wav')).json()['id']}"
    another.send(audio_file("the same.wav"))
    work()
    assert program.delete(path).json() == {"id": path.removeprefix("/songs/")}
    assert program.get("/songs").json()["items"] == []
    assert program.get(path).json()["genre"]  # the other program has it still
    problem(program.delete(path), 404, "not_found")
    assert another.delete(path).status_code == 200
    problem(another.get(path), 404, "not_found")


def test_nobody_forgets_anothers_song(program, another, ask):
    song = ask(another.visitor).classification
    problem(program.delete(f"/songs/{song.public_id}"), 404, "not_found")
    assert [item["id"] for item in another.get("/songs").json()["items"]] == [song.public_id]


def test_a_file_that_is_no_sound_fails_with_its_reason(program, work):
    asked = program.send(SimpleUploadedFile("notes.mp3", b"these are only words"))
    work()
    song = program.get(f"/songs/{asked.json()['id']}").json()
    assert song["state"] == "failed"
    assert song["failure"]["code"] == "not_audio"
    assert song["failure"]["sentence"] == "This is not audio that can be decoded."
    assert song["failure"]["may_be_retried"] is False
    assert song["genre"] is None


def test_a_video_is_asked_for_by_id_or_link(program, youtube_enabled):
    for text in (VIDEO, f"https://youtu.be/{VIDEO}?t=90", f"youtube.com/watch?v={VIDEO}"):
        asked = program.post("/songs", {"youtube": text})
        assert asked.status_code == 202
        assert asked.json()["source_id"] == VIDEO
    assert Classification.objects.count() == 1
    whole = program.post("/songs?whole=true", {"youtube": VIDEO}).json()
    assert whole["extent"] == "whole"
    assert Classification.objects.count() == 2


def test_a_video_that_is_answered_is_told_while_youtube_is_away(program, make_classification):
    row = make_classification(source_id=VIDEO)
    assert not site_settings.YOUTUBE_ENABLED
    answer = program.post("/songs", {"youtube": VIDEO})
    assert answer.status_code == 200
    assert answer.json()["id"] == row.public_id
    told = problem(program.post("/songs", {"youtube": "AAAAAAAAAA1"}), 422, "disabled")
    assert "switched off" in told["detail"]


def test_youtubes_pause_is_503_with_its_end(program, youtube_enabled):
    from classifier.sources.youtube import cooldown

    cooldown.begin("youtube", "bot", 10)
    answer = program.post("/songs", {"youtube": VIDEO})
    problem(answer, 503, "bot")
    assert 500 < int(answer["Retry-After"]) <= 600


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"youtube": "https://vimeo.com/1"}, "link_elsewhere"),
        ({"youtube": "https://youtube.com/playlist?list=1"}, "link_no_video"),
        ({"library": "no-such-track"}, "track_gone"),
        ({}, "invalid"),
        ({"youtube": VIDEO, "library": SLUG}, "invalid"),
        ({"youtube": ""}, "invalid"),
        ({"youtube": None}, "invalid"),
        ({"youtube": 7}, "invalid"),
        ({"youtube": "x" * 3000}, "invalid"),
        ({"url": VIDEO}, "invalid"),
        ([], "invalid"),
        ("text", "invalid"),
        (None, "invalid"),
    ],
)
def test_what_cannot_be_asked_for_is_422(program, youtube_enabled, body, code):
    problem(program.post("/songs", json.dumps(body)), 422, code)
    assert not Classification.objects.exists()


def test_whole_is_for_videos(program, audio_file):
    problem(program.post("/songs?whole=1", {"library": SLUG}), 422, "invalid")
    problem(program.send(audio_file(), "/songs?whole=1"), 422, "invalid")
    assert upload_store.total_bytes() == 0


def test_files_are_limited_as_those_of_pages(program, settings, audio_file):
    settings.UPLOAD_MAX_BYTES = 1000
    problem(program.send(SimpleUploadedFile("a.mp3", b"x" * 5000)), 413, "too_large")
    problem(program.send(SimpleUploadedFile("a.mp3", b"")), 422, "invalid")
    problem(program.send(None), 422, "invalid")
    settings.UPLOAD_MAX_BYTES, settings.UPLOADS_MAX_BYTES = 10**7, 10
    problem(program.send(audio_file()), 503, "storage_full")
    assert not Classification.objects.exists()


def test_limits_are_the_tokens(program, another, settings):
    settings.JOBS_PER_HOUR, settings.JOBS_AT_ONCE = 1, 0
    slugs = list(library.catalog())
    assert program.post("/songs", {"library": slugs[0]}).status_code == 202
    answer = program.post("/songs", {"library": slugs[1]})
    problem(answer, 429, "rate_limited")
    assert another.post("/songs", {"library": slugs[1]}).status_code == 202
    more = Program("classify", jobs_per_hour=2)
    asked = [more.post("/songs", {"library": slug}).status_code for slug in slugs[2:5]]
    assert asked == [202, 202, 429]


def test_songs_that_wait_are_counted(program, settings, work):
    settings.JOBS_AT_ONCE = 1
    slugs = list(library.catalog())
    assert program.post("/songs", {"library": slugs[0]}).status_code == 202
    problem(program.post("/songs", {"library": slugs[1]}), 429, "too_many_open")
    work()
    assert program.post("/songs", {"library": slugs[1]}).status_code == 202
    assert OpenJob.objects.count() == 1


def test_a_failed_song_is_tried_again(program, make_classification):
    row = make_classification(
        source="library", source_id=SLUG, state="failed", retryable=True, error_kind="timeout"
    )
    asked = program.post("/songs", {"library": SLUG})
    assert asked.status_code == 202
    assert asked.json()["id"] == row.public_id
    assert asked.json()["state"] == "queued"


def test_waiting_ends_with_the_answer(program, work, no_pauses):
    slept = no_pauses(work)
    asked = program.post("/songs?wait=20", {"library": SLUG})
    assert asked.status_code == 200
    assert asked.json()["genre"] == "blues"
    assert asked["Location"] == f"/api/v1/songs/{asked.json()['id']}"
    assert slept


def test_waiting_ends_when_its_time_is_over(program, monkeypatch):
    from classifier.api import waiting

    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda s: now.__setitem__(0, now[0] + s))
    asked = program.post("/songs?wait=7", {"library": SLUG})
    assert asked.status_code == 202
    assert now[0] == pytest.approx(7)
    assert program.get(f"/songs/{asked.json()['id']}?wait=3").json()["state"] == "queued"
    assert now[0] == pytest.approx(10)


def test_no_more_than_api_waiting_wait_at_once(program, another, settings, no_pauses, work):
    settings.API_WAITING = 1
    seen = []

    def meanwhile():
        if not seen:
            seen.append(another.post("/songs?wait=20", {"library": SLUG}).status_code)
        work()

    no_pauses(meanwhile)
    assert program.post("/songs?wait=20", {"library": SLUG}).status_code == 200
    assert seen == [202]
    settings.API_WAITING = 0
    slug = list(library.catalog())[1]
    assert program.post("/songs?wait=20", {"library": slug}).status_code == 202


def test_a_token_that_is_revoked_while_it_waits_is_told_nothing_more(program, no_pauses):
    no_pauses(lambda: tokens.revoke([program.token]))
    problem(program.post("/songs?wait=20", {"library": SLUG}), 401, "bad_token")


def test_a_song_that_is_forgotten_while_it_is_waited_for(program, no_pauses):
    no_pauses(lambda: Classification.objects.all().delete())
    problem(program.post("/songs?wait=20", {"library": SLUG}), 404, "not_found")


@pytest.mark.parametrize("wait", ["31", "-1", "x", "1e3", "99999999999999999999", ""])
def test_nobody_waits_for_long(program, wait):
    problem(program.post(f"/songs?wait={wait}", {"library": SLUG}), 422, "invalid")


def test_get_genres_submits_and_waits(program, world, work, no_pauses):
    no_pauses(work)
    video = world.songs[0].id
    answer = program.get("/genres", {"youtube": video})
    assert answer.status_code == 200
    assert answer.json()["source_id"] == video
    problem(program.get("/genres"), 422, "invalid")
    problem(program.get("/genres", {"youtube": "a\0b"}), 422, "invalid")
    problem(Program("read").get("/genres", {"youtube": video}), 403, "missing_scope")


@pytest.mark.parametrize("song_id", ["unknown", "a" * 17, "%20", "1e400", "9" * 400, "..", "a;b"])
def test_an_unknown_song_is_404(program, song_id):
    problem(program.get(f"/songs/{song_id}"), 404, "not_found")


def test_a_job_whose_worker_died_is_queued_as_on_the_page(program, make_classification):
    row = make_classification(state="fetching", attempts=1)
    song = program.get(f"/songs/{row.public_id}").json()
    assert song["state"] == "queued"
    row.refresh_from_db()
    assert row.state == "fetching"


def test_a_source_that_fails_while_it_is_stored_leaves_no_file(program, audio_file, monkeypatch):
    def away(*args, **kwargs):
        raise SourceError("storage_away")

    monkeypatch.setattr(upload_store, "keep", away)
    problem(program.send(audio_file()), 503, "storage_away")


def test_to_read_asks_the_database_a_bounded_number_of_times(
    program, make_classification, django_assert_max_num_queries
):
    rows = [make_classification() for _ in range(5)]
    program.get("/models")  # notes the use of the token
    with django_assert_max_num_queries(4):  # token, song, own entry, own correction
        assert program.get(f"/songs/{rows[0].public_id}").status_code == 200
    waiting = make_classification(state="queued")
    with django_assert_max_num_queries(6):  # and the workers and the queue
        assert program.get(f"/songs/{waiting.public_id}").status_code == 200
