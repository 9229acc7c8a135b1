"""Songs that failed are asked for again by a command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from classifier.models import Classification, HistoryEntry
from classifier.operations import failures
from classifier.sources import library, upload_store

QUEUED, FAILED = Classification.State.QUEUED, Classification.State.FAILED


@pytest.fixture
def fail(make_classification):
    def make(kind="server_error", hours_ago=0.0, retryable=True, **values) -> Classification:
        values = {"source": "library", "source_id": library.tracks()[0].source_id, **values}
        return make_classification(
            state=FAILED,
            error_kind=kind,
            retryable=retryable,
            attempts=3,
            finished_at=timezone.now() - timedelta(hours=hours_ago),
            **values,
        )

    return make


def states() -> dict[str, str]:
    return dict(Classification.objects.values_list("error_kind", "state"))


def test_what_may_go_better_is_asked_for_again(fail, run_command, work, stub_classifier):
    row = fail()
    other = fail("silent", retryable=False, source_id=library.tracks()[1].source_id)
    ran = run_command("retry_failed")
    assert (ran.code, ran.out.strip()) == (
        0, "1 server_error: an error in this server: see the log of the worker",
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_kind) == (QUEUED, 0, "")
    other.refresh_from_db()
    assert other.state == FAILED
    assert not HistoryEntry.objects.exists()  # nobody's history: nobody asked
    work()
    row.refresh_from_db()
    assert row.state == Classification.State.DONE


def test_causes_and_a_time_choose_which(fail, run_command):
    tracks = [track.source_id for track in library.tracks()]
    old = fail("network", hours_ago=30, source_id=tracks[0])
    new = fail("network", hours_ago=1, source_id=tracks[1])
    other = fail("timeout", hours_ago=1, source_id=tracks[2])
    run_command("retry_failed", "--cause", "network", "silent", "--since", "24h")
    for row, state in ((old, FAILED), (new, QUEUED), (other, FAILED)):
        row.refresh_from_db()
        assert row.state == state


def test_a_dry_run_counts_and_changes_nothing(fail, run_command):
    fail()
    out = run_command("retry_failed", "--dry-run").out.splitlines()
    assert out[0].split(":")[0].split() == ["1", "server_error"]
    assert out[-1] == "Nothing was asked for again."
    assert states() == {"server_error": FAILED}


def test_an_upload_that_is_gone_is_told_and_stops_no_other(fail, run_command):
    kept = upload_store.keep(SimpleUploadedFile("a.wav", b"sound"))
    gone = fail(source="upload", source_id="0" * 64)
    there = fail(source="upload", source_id=kept)
    ran = run_command("retry_failed")
    assert "1 cannot be had any more" in ran.out
    gone.refresh_from_db()
    there.refresh_from_db()
    assert (gone.state, there.state) == (FAILED, QUEUED)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cause", "nonsense"], "There is no cause 'nonsense'; known: age,"),
        (["--since", "yesterday"], "'yesterday' is no time: use 90m"),
    ],
)
def test_what_cannot_be_understood_is_one_line(db, run_command, arguments, sentence):
    ran = run_command("retry_failed", *arguments)
    assert ran.code == 2
    assert ran.err.startswith(sentence)
    assert ran.err.count("\n") == 1


def test_none_failed(db, run_command):
    assert run_command("retry_failed").out.strip() == "No song has failed so."


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-26", datetime(2026, 11, 26, tzinfo=UTC)),
        ("2026-11-26T10:30", datetime(2026, 11, 26, 10, 30, tzinfo=UTC)),
        ("2026-11-26T10:30+01:00", datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(text, moment):
    assert failures.parse_since(text) == moment


def test_all_are_found_however_many_there_are(fail, run_command, monkeypatch):
    monkeypatch.setattr(failures, "BATCH", 2)
    for track in library.tracks()[:5]:
        fail(source_id=track.source_id)
    run_command("retry_failed")
    assert set(states().values()) == {QUEUED}
