"""Which tracks of a list are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classifier.models import Classification
from classifier.sources import Track, library
from classifier.web.tiles import tiles

TRACKS = [Track("youtube", f"video{i:06}", "Song") for i in range(3)]


def known() -> list[str]:
    """The ids of the answers that the tracks are shown with."""
    return [tile["known"].public_id if tile["known"] else "" for tile in tiles(TRACKS)]


def test_an_answer_of_the_model_that_serves_is_shown(make_classification):
    row = make_classification(source_id="video000001")
    assert known() == ["", row.public_id, ""]


def test_no_other_row_is_taken_for_an_answer(make_classification):
    make_classification(source_id="video000000", state="failed")
    make_classification(source_id="video000001", state="queued")
    make_classification(source_id="video000002", model_id="another-model-1")
    make_classification(source_id="video000000", source="upload")
    assert known() == ["", "", ""]


def test_of_excerpts_and_the_whole_song_the_first_is_shown(make_classification):
    rows = [make_classification(source_id="video000000", extent=e) for e in ("whole", "usual")]
    for days, row in enumerate(rows):
        moment = timezone.now() - timedelta(days=days)
        Classification.objects.filter(pk=row.pk).update(created_at=moment)
    assert known()[0] == rows[1].public_id


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
def test_however_many_answers_there_are_only_the_tracks_are_looked_up(make_classification):
    make_classification(source_id="video000001")
    with CaptureQueriesContext(connection) as queries:
        tiles([*library.tracks(), *TRACKS])
    (query,) = queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
        (step,) = [row[-1] for row in cursor.fetchall()]
    assert step.endswith("(source=? AND source_id=? AND model_id=?)")
