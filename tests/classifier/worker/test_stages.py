"""Seconds of a job's stages, and the job's id in the lines of its worker."""

from __future__ import annotations

import logging

import pytest

from classifier import sources
from classifier.log_context import add_ids, job_id
from classifier.models import Classification
from classifier.sources import library
from classifier.worker import claims, stages, tasks
from ml.registry.bundles import SHIPPED

TRACK = library.tracks()[0].source_id


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by itself by no means: `clock.now`, seconds."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(stages.time, "perf_counter", lambda: Clock.now)
    return Clock


def test_waiting_for_sound_is_told_from_predicting(clock):
    found = stages.Stages("youtube")

    def windows():
        for i in range(2):
            clock.now += 3
            yield (float(i), None)

    with found.getting():
        clock.now += 1
    for _ in found.waiting_for(windows()):
        clock.now += 10  # predicting
    assert found.rounded(27.0) == {"fetch": 7.0, "predict": 20.0}


def test_files_are_decoded_and_not_fetched(clock):
    found = stages.Stages("upload")

    def broken():
        clock.now += 2
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), found.getting():
        broken()
    assert found.rounded(1.0) == {"decode": 2.0, "predict": 0.0}


@pytest.fixture
def queued(db):
    return Classification.objects.create(
        source="library", source_id=TRACK, model_id=SHIPPED.card().model_id
    )


def test_an_answer_has_its_stages(queued, work):
    work()
    queued.refresh_from_db()
    assert queued.is_done
    assert set(queued.stage_seconds) == {"decode", "predict"}
    assert sum(queued.stage_seconds.values()) == pytest.approx(queued.seconds, abs=0.02)


def test_lines_of_a_job_have_its_id_and_lines_after_it_have_not(
    queued, stub_classifier, monkeypatch, caplog
):
    def broken(*args, **kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr(sources, "fetch", broken)
    caplog.handler.addFilter(add_ids)
    with caplog.at_level(logging.INFO):
        tasks.perform(claims.take("w:1"))
        logging.getLogger("after").info("after")
    caplog.handler.removeFilter(add_ids)
    lines = {record.getMessage(): record.job_id for record in caplog.records}
    assert lines[f"classification {queued.public_id} failed"] == queued.public_id
    assert lines[f"classification {queued.public_id} ended: server_error"] == queued.public_id
    assert lines["after"] == job_id.get() == ""
