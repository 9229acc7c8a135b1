"""What a worker process does between jobs, and when the database is away."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest
from django.db import OperationalError

from classifier import jobs, sources
from classifier.models import Classification, Worker
from classifier.sources import Audio, Track
from classifier.worker import claims, heartbeat, member, names
from tests.requesters import Someone


@pytest.fixture
def worker(monkeypatch):
    """A worker that waits for nothing long, and what it tells the pool."""
    monkeypatch.setattr(member, "POLL_S", 0.01)
    monkeypatch.setattr(member, "LONGEST_PAUSE_S", 0.01)
    # The connection of a test must stay open.
    monkeypatch.setattr(member, "close_old_connections", lambda: None)
    monkeypatch.setattr(member.connection, "close", lambda: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        begun: list[str] = []
        made = member.Member("w:1", theirs, lambda: begun.append("anew"))
        made.told, made.begun = ours, begun
        yield made


@pytest.fixture
def row(db, stub_classifier):
    track = Track("library", "a", "", "", 3.0)
    return jobs.submit(track, "m", requester=Someone()).classification


@pytest.fixture
def fetching(monkeypatch):
    """Have fetching fail in these ways, one after the other, and then go well."""

    def fail(*errors: Exception):
        left = list(errors)

        def fetch(source, source_id, rate_hz, **options):
            if left:
                raise left.pop(0)
            return Audio([(0.0, np.zeros(rate_hz * 3, np.float32))], rate_hz, 3.0)

        monkeypatch.setattr(sources, "fetch", fetch)

    return fail


def test_a_job_is_done_and_the_pool_told_of_its_beginning_and_end(worker, row, fetching):
    fetching()
    worker.until_done(worker.work_once)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 1)
    assert worker.told.recv(8) == b"be"


def test_a_database_that_is_away_for_a_moment_costs_the_job_no_try(worker, row, fetching):
    fetching(*[OperationalError("the connection is closed")] * 5)
    worker.until_done(worker.work_once)
    row.refresh_from_db()
    assert (row.state, row.error, row.attempts) == ("done", "", 1)


def test_a_job_with_which_the_database_always_fails_is_given_up(worker, row, fetching):
    """It is the row, then, and not the database: others wait behind it."""
    fetching(*[OperationalError("index row size exceeds btree maximum")] * 100)
    worker.until_done(worker.work_once)
    row.refresh_from_db()
    assert (row.state, row.error_kind) == ("failed", "worker_died")


def test_what_cannot_even_be_failed_is_not_held_for_ever(worker, row, fetching, monkeypatch):
    fetching(ZeroDivisionError())

    def break_too(*args, **options):
        raise ValueError("cannot be stored")

    monkeypatch.setattr(Classification, "mark_failed", break_too)
    worker.until_done(worker.work_once)
    assert Classification.objects.takeable().get() == row


def test_it_stops_waiting_for_the_database_when_it_has_to_end(worker, db):
    def away():
        worker.stopping.set()
        raise OperationalError

    worker.until_done(away)


def test_a_heartbeat_puts_a_worker_on_the_list_and_holds_its_job(row):
    beating = heartbeat.Heartbeat("w:1")
    claims.take("w:1")
    before = Classification.objects.get().held_until
    beating.beat()
    beating.ready()
    assert Worker.objects.get().ready
    assert Classification.objects.get().held_until > before


def test_workers_that_died_with_their_pool_leave_the_list(db):
    pid = 2**22 + 1  # above what Linux gives
    for name in (names.name_of(pid, "x"), f"elsewhere:{pid}#y", "no name of ours"):
        Worker.objects.create(name=name)
    heartbeat.forget_dead_neighbours()
    assert {worker.name for worker in Worker.objects.all()} == {
        f"elsewhere:{pid}#y", "no name of ours",
    }  # fmt: skip


def test_a_worker_with_nothing_to_do_begins_anew_without_a_model(worker, settings, monkeypatch):
    settings.MODEL_IDLE_S = 60
    now = time.monotonic()
    worker.rest_if_idle()
    assert not worker.begun
    monkeypatch.setattr(member.time, "monotonic", lambda: now + 61)
    worker.rest_if_idle()
    assert worker.begun == ["anew"]


@pytest.mark.parametrize("way", ["run", "run_cold"])
def test_it_is_on_the_list_from_its_first_beat_until_its_end(worker, db, monkeypatch, way):
    beat = heartbeat.Heartbeat.beat
    monkeypatch.setattr(heartbeat.Heartbeat, "start", beat)  # not in a thread
    monkeypatch.setattr(heartbeat.Heartbeat, "ready", lambda self: None)
    monkeypatch.setattr(heartbeat, "_daily", lambda *what: None)
    monkeypatch.setattr(heartbeat, "send_webhooks", lambda: None)
    monkeypatch.setattr(member.signal, "signal", lambda *what: None)
    monkeypatch.setattr(member, "_warm_up", lambda name: None)
    # By the end of its socket it would take the pool for dead, and end this process.
    monkeypatch.setattr(worker, "_watch_pool", lambda: None)
    seen = []

    def work_once(**options):
        seen.append(list(Worker.objects.values_list("name", flat=True)))
        if len(seen) == 2:
            worker.stopping.set()

    monkeypatch.setattr(worker, "work_once", work_once)
    getattr(worker, way)()
    assert seen == [["w:1"], ["w:1"]]
    assert not Worker.objects.exists()


def test_it_does_so_by_setting_alone_and_once(worker, settings, monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(member.time, "monotonic", lambda: now + 1e6)
    worker.rest_if_idle()
    settings.MODEL_IDLE_S = 60
    worker._is_cold = True
    worker.rest_if_idle()
    assert not worker.begun


def test_a_job_is_reason_to_rest_later(worker, row, fetching, settings):
    fetching()
    settings.MODEL_IDLE_S = 60
    worker._is_cold, worker._busy_at = True, 0.0
    worker.until_done(worker.work_once)
    assert not worker._is_cold
    worker.rest_if_idle()
    assert not worker.begun
