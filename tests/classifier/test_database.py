"""The database that the tests run on, and what differs between SQLite and PostgreSQL."""

from __future__ import annotations

import os

from django.db import connection

from classifier.models import Classification


def test_it_is_the_one_that_was_asked_for(db):
    asked = os.environ.get("TEST_DATABASE_URL", "")
    assert connection.vendor == ("postgresql" if asked.startswith("postgres") else "sqlite")


def test_a_failure_with_nul_in_its_detail_is_stored(make_classification):
    row = make_classification(state=Classification.State.QUEUED)
    row.mark_failed("server_error", detail="before\0after")
    row.refresh_from_db()
    assert row.error_detail == "beforeafter"


def test_equal_probabilities_and_packages_come_in_order_of_name(make_classification):
    row = make_classification(
        probabilities={"rock": 0.1, "hiphop": 0.4, "disco": 0.4, "pop": 0.1},
        versions={"tensorflow": "2.21.0", "av": "18.1.0"},
    )
    row = Classification.objects.get(pk=row.pk)
    assert [genre for genre, _ in row.ranked] == ["disco", "hiphop", "pop", "rock"]
    assert list(row.sorted_versions) == ["av", "tensorflow"]
