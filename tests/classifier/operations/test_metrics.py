"""What Prometheus is told of jobs, queue, workers and sources."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry

from classifier.models import Classification, SourceCooldown, Worker
from classifier.operations.metrics import SiteCollector
from classifier.sources.youtube.ytdlp import about

MINUTE = timedelta(minutes=1)


@pytest.fixture
def value():
    registry = CollectorRegistry()
    registry.register(SiteCollector())
    return lambda name, **labels: registry.get_sample_value(f"genresite_{name}", labels)


def test_jobs_of_the_last_hour_by_outcome_and_cause(value, make_classification):
    make_classification()
    make_classification()
    make_classification(state="failed", error_kind="network")
    make_classification(state="failed", error_kind="")  # from before there were kinds
    make_classification(state="queued")
    old = make_classification(state="failed", error_kind="silent")
    Classification.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(minutes=61)
    )
    assert value("jobs_last_hour", outcome="done", cause="") == 2
    assert value("jobs_last_hour", outcome="failed", cause="network") == 1
    assert value("jobs_last_hour", outcome="failed", cause="unknown") == 1
    assert value("jobs_last_hour", outcome="unfinished", cause="") == 1
    assert value("jobs_last_hour", outcome="failed", cause="silent") is None


def test_without_any_job_there_is_a_zero_to_draw(value, db):
    assert value("jobs_last_hour", outcome="done", cause="") == 0
    assert value("queue_oldest_seconds") == 0
    assert value("database_up") == 1


def test_queue_and_workers(value, make_classification):
    row = make_classification(state="queued")
    Classification.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=90))
    make_classification(state="listening", held_by="a:1", held_until=timezone.now() + MINUTE)
    Worker.objects.create(name="a:1", ready=True)
    Worker.objects.create(name="a:2")
    Worker.objects.create(name="a:3", ready=True, seen_at=timezone.now() - timedelta(minutes=1))
    assert (value("queue_unfinished"), value("queue_waiting")) == (2, 1)
    assert 90 <= value("queue_oldest_seconds") < 120
    assert (value("workers", state="ready"), value("workers", state="warming_up")) == (1, 1)


def test_seconds_of_jobs_as_quantiles(value, make_classification):
    for seconds in range(1, 101):
        make_classification(source="library", source_id=str(seconds), seconds=float(seconds))
    Classification.objects.filter(seconds__gt=50).update(stage_seconds={"decode": 2, "predict": 3})
    for stage, seconds in (("decode", 2), ("predict", 3)):
        labels = {"source": "library", "stage": stage}
        assert value("job_seconds_last_hour", **labels, quantile="0.5") == seconds
    labels = {"source": "library", "stage": "all"}
    assert value("job_seconds_last_hour", **labels, quantile="0.5") == 51
    assert value("job_seconds_last_hour", **labels, quantile="0.95") == 96


def test_youtube_its_pause_and_the_age_of_ytdlp(value, db, settings, monkeypatch):
    settings.YOUTUBE_ENABLED = False
    assert value("ytdlp_age_days") is None
    settings.YOUTUBE_ENABLED = True
    day = timezone.now().date() - timedelta(days=40)
    monkeypatch.setattr(about, "ytdlp_version", lambda: f"{day.year}.{day.month}.{day.day}")
    assert value("ytdlp_age_days") == 40
    assert value("source_paused", source="youtube") == 0
    until = timezone.now() + timedelta(minutes=5)
    SourceCooldown.objects.create(source="youtube", kind="bot", until=until)
    assert value("source_paused", source="youtube") == 1


def test_without_the_database_what_needs_none_is_told(value, db, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as while_away:
        while_away.setattr(connection, "cursor", away)
        assert value("database_up") == 0
        assert value("workers", state="ready") is None
        assert value("disk_free_bytes") > 0
