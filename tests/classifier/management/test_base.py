"""A command that cannot use the database says so in one line."""

from __future__ import annotations

from django.db import OperationalError

from classifier.operations import retention


def test_a_database_that_is_away_is_one_line_and_exit_code_2(run_command, monkeypatch):
    def away(**options):
        raise OperationalError('connection to server at "127.0.0.1" failed:\n\tIs it running?')

    monkeypatch.setattr(retention, "purge_expired", away)
    ran = run_command("purge_expired")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        'The database cannot be used: connection to server at "127.0.0.1" failed: Is it running?.\n'
    )
