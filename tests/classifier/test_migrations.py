"""Migrations that must not move data."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from classifier.models import RateCount, SourceCooldown, Spectrogram


@pytest.mark.django_db(transaction=True)  # SQLite's schema editor works in none
def test_renamed_models_keep_their_tables():
    out = StringIO()
    call_command("sqlmigrate", "classifier", "0007", stdout=out, no_color=True)
    lines = [line for line in out.getvalue().splitlines() if not line.startswith("--")]
    assert set(lines) <= {"BEGIN;", "COMMIT;"}
    tables = {model._meta.db_table for model in (RateCount, SourceCooldown, Spectrogram)}
    assert tables == {"classifier_count", "classifier_pause", "classifier_picture"}


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
