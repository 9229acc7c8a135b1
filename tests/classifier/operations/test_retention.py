from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone

from classifier.models import (
    Classification,
    HistoryEntry,
    RateCount,
    Webhook,
    WebhookDelivery,
    Worker,
)
from classifier.operations import retention
from classifier.visitors import tokens
from classifier.worker import heartbeat

NOW = timezone.now()


def ago(**span):
    return NOW - timedelta(**span)


@pytest.fixture
def song(make_classification):
    """A classification made some days ago."""

    def make(days: float, **values) -> Classification:
        c = make_classification(finished_at=ago(days=days), **values)
        Classification.objects.filter(pk=c.pk).update(created_at=ago(days=days))
        return c

    return make


def entry(song, days: float, visitor="me") -> HistoryEntry:
    return HistoryEntry.objects.create(
        visitor=visitor, classification=song, created_at=ago(days=days)
    )


def test_history_is_kept_for_its_days_and_the_shared_answer_for_good(song, settings):
    settings.HISTORY_DAYS = 10
    shared = song(400)
    old, young = entry(shared, 10.1), entry(shared, 9.9, "them")
    assert retention.purge_expired(NOW)["history entries"] == 1
    assert list(HistoryEntry.objects.all()) == [young]
    assert old.classification == Classification.objects.get()


def test_zero_days_are_for_ever(song, settings):
    settings.HISTORY_DAYS = settings.FAILURES_DAYS = 0
    entry(song(4000, state="failed"), 4000)
    entry(song(4000, source="upload"), 4000)
    assert not any(retention.purge_expired(NOW).values())
    assert (HistoryEntry.objects.count(), Classification.objects.count()) == (2, 2)


def test_failures_go_after_their_days_but_not_what_failed_lately(song, settings):
    settings.FAILURES_DAYS = 30
    entry(song(31, state="failed", title="old"), 31)
    entry(song(29, state="failed", title="young"), 29)
    entry(song(31, title="done"), 31)
    tried_again = song(31, state="failed", title="tried again")
    Classification.objects.filter(pk=tried_again.pk).update(finished_at=NOW)
    assert retention.purge_expired(NOW)["failed songs"] == 1
    assert {c.title for c in Classification.objects.all()} == {"young", "done", "tried again"}
    assert HistoryEntry.objects.count() == 2


def test_uploads_go_when_nobody_has_them_any_more(song, settings):
    settings.HISTORY_DAYS = 10
    entry(song(20, source="upload", title="only old entries"), 11)
    both = song(20, source="upload", title="still had")
    entry(both, 11), entry(both, 9, "them")
    song(20, source="upload", title="of nobody")
    song(20, source="upload", title="at work", state="listening")
    song(20, source="library", title="of the house")
    assert retention.purge_expired(NOW)["answers to uploads in nobody's history"] == 2
    left = {c.title for c in Classification.objects.all()}
    assert left == {"still had", "at work", "of the house"}


def test_sessions_counts_and_files_that_are_over(db, settings):
    for name, days in (("old", 1), ("young", -1)):
        Session.objects.create(session_key=name, session_data="", expire_date=ago(days=days))
    for name, hours in (("old", 25), ("young", 23)):
        RateCount.objects.create(key=name, created_at=ago(hours=hours))
    for name, hours in (("old", 25), ("young", 23)):
        Worker.objects.create(name=name, seen_at=ago(hours=hours))
    settings.UPLOAD_DIR.mkdir(parents=True)
    for name, hours in (("old", 25), ("young", 23)):
        (settings.UPLOAD_DIR / name).write_bytes(b"")
        then = time.time() - hours * 3600
        os.utime(settings.UPLOAD_DIR / name, (then, then))
    counts = retention.purge_expired()
    assert {what: n for what, n in counts.items() if n} == {
        "sessions": 1,
        "counts of the limits": 1,
        "workers that are gone": 1,
        "uploaded files": 1,
    }
    assert Session.objects.get().session_key == "young"
    assert RateCount.objects.get().key == "young"
    assert Worker.objects.get().name == "young"
    assert [path.name for path in settings.UPLOAD_DIR.iterdir()] == ["young"]


def test_what_a_killed_process_left_of_an_upload_is_purged(db, settings):
    for name, hours in (("old.upload", 25), ("young.upload", 23)):
        path = Path(settings.FILE_UPLOAD_TEMP_DIR) / name
        path.write_bytes(b"half a file")
        then = time.time() - hours * 3600
        os.utime(path, (then, then))
    assert retention.purge_expired()["uploaded files"] == 1
    assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == ["young.upload"]
    settings.FILE_UPLOAD_TEMP_DIR = None  # as where there was no room for the folder
    assert retention.purge_expired()["uploaded files"] == 0


def test_a_dry_run_says_the_same_numbers_and_deletes_nothing(song, settings, run_command):
    settings.HISTORY_DAYS, settings.FAILURES_DAYS = 10, 30
    entry(song(20, source="upload"), 20)
    entry(song(40, source="upload", state="failed"), 40)
    before = run_command("purge_expired", "--dry-run")
    assert (before.code, before.out.splitlines()[-1]) == (0, "Nothing was deleted.")
    assert (HistoryEntry.objects.count(), Classification.objects.count()) == (2, 2)
    # The old name, for cron jobs.
    assert run_command("forget", "--dry-run").out == before.out
    after = run_command("purge_expired")
    assert before.out.startswith(after.out)
    assert after.out.splitlines()[:3] == [
        "       2 history entries",
        "       1 failed songs",
        "       1 answers to uploads in nobody's history",
    ]
    assert (HistoryEntry.objects.count(), Classification.objects.count()) == (0, 0)
    assert set(retention.purge_expired().values()) == {0}


def test_more_than_a_batch_is_deleted_whole(song, settings, monkeypatch):
    settings.HISTORY_DAYS = 10
    monkeypatch.setattr(retention, "BATCH", 2)
    shared = song(20)
    for i in range(5):
        entry(shared, 20, f"v{i}")
    assert retention.purge_expired(NOW)["history entries"] == 5
    assert not HistoryEntry.objects.exists()


def test_of_all_workers_one_does_it_once_a_day(song, settings):
    settings.HISTORY_DAYS = 10
    entry(song(20), 20)
    assert retention.purge_expired_daily()["history entries"] == 1
    entry(song(20), 20)
    assert retention.purge_expired_daily() is None
    assert HistoryEntry.objects.count() == 1


def test_every_machine_purges_its_own_files(db, settings, tmp_path):
    assert retention.purge_expired_daily() is not None
    settings.DATA_DIR = tmp_path / "of another machine"
    assert retention.purge_expired_daily() is not None
    assert retention.purge_expired_daily() is None


@pytest.mark.parametrize(
    ("begin", "done_by", "said"),
    [
        ("purge_daily", "retention.purge_expired_daily", "could not be deleted"),
        ("update_ytdlp_daily", "ytdlp_update.update_daily", "could not be updated"),
    ],
)
def test_a_worker_looks_every_hour_and_survives_what_goes_wrong(
    monkeypatch, caplog, settings, begin, done_by, said
):
    settings.YTDLP_UPDATE = settings.YOUTUBE_ENABLED = True
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 2:
            raise StopIteration

    def forget():
        raise DatabaseError("locked")

    monkeypatch.setattr(heartbeat.time, "sleep", sleep)
    monkeypatch.setattr(heartbeat.connection, "close", lambda: None)
    monkeypatch.setattr(f"classifier.worker.heartbeat.{done_by}", forget)
    monkeypatch.setattr(heartbeat, "_in_background", lambda name, run: run())
    with pytest.raises(StopIteration):
        getattr(heartbeat, begin)()
    assert naps == [heartbeat.PURGE_CHECK_S] * 2
    assert caplog.text.count(said) == 2


def test_ytdlp_is_updated_by_setting_alone(monkeypatch, settings):
    begun = []
    monkeypatch.setattr(heartbeat, "_in_background", lambda name, run: begun.append(name))
    settings.YTDLP_UPDATE = False
    heartbeat.update_ytdlp_daily()
    assert not begun


def test_what_webhooks_were_told_goes_after_a_month(db):
    token = tokens.make("a program", ["classify"])[0]
    webhook = Webhook.objects.create(token=token, url="https://example.org/", secret="s")
    _, new = (
        WebhookDelivery.objects.create(
            webhook=webhook, song="a", song_state="done", created_at=ago(days=days)
        )
        for days in (31, 29)
    )
    assert retention.purge_expired(NOW)["messages to webhooks"] == 1
    assert list(WebhookDelivery.objects.all()) == [new]
    assert list(Webhook.objects.all()) == [webhook]
