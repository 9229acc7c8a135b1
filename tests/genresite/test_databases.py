"""For how long the database is waited for: by pages, and by commands."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from genresite.databases import add_deadlines
from genresite.postgresql.deadlines import Breaker, NoAnswer, bounded

ROOT = Path(__file__).resolve().parents[2]


def timeout_of(tmp_path, load: str, **env: str) -> str:
    script = f"{load}; from django.conf import settings as s; "
    script += "print(s.DATABASES['default']['OPTIONS']['timeout'])"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "DJANGO_"))}
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=kept
        | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "genresite.settings"}
        | env,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def test_pages_wait_for_a_lock_shorter_than_commands(tmp_path):
    assert timeout_of(tmp_path, "import genresite.wsgi") == "5"
    assert timeout_of(tmp_path, "pass") == "20"
    assert timeout_of(tmp_path, "import genresite.wsgi", DATABASE_TIMEOUT_S="3") == "3"


def test_postgresql_has_deadlines_and_the_urls_own_options():
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {"sslmode": "require", "connect_timeout": 9, "options": "-c search_path=x"},
    }
    add_deadlines(database, 5)
    assert database["ENGINE"] == "genresite.postgresql"
    assert database["DEADLINE_S"] > 5
    assert database["CONN_HEALTH_CHECKS"] is True
    options = database["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("require", 9)
    assert options["options"] == "-c statement_timeout=5000 -c search_path=x"


def test_without_a_deadline_it_is_djangos_own_backend():
    database = {"ENGINE": "django.db.backends.postgresql"}
    add_deadlines(database, 0)
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert "options" not in database["OPTIONS"]
    assert database["OPTIONS"]["connect_timeout"] == 3


def drive(steps):
    """Resume a generator again and again without an answer, as psycopg does while it waits."""
    next(steps)
    while True:
        steps.send(0)


def test_silence_ends_a_wait_and_an_answer_is_passed_on():
    def silent():
        while True:
            yield "readable"

    with pytest.raises(NoAnswer):
        drive(bounded(silent(), 0.05))

    def answering():
        yield "readable"
        return "answer"

    steps = bounded(answering(), 60)
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(1)
    assert end.value.value == "answer"


def fall_silent(breaker) -> None:
    with pytest.raises(NoAnswer), breaker.guarding(1, silence=NoAnswer):
        raise NoAnswer


def test_after_silence_nobody_asks_for_a_while_then_one_does():
    breaker = Breaker(pause_s=0.2)
    fall_silent(breaker)
    with pytest.raises(Exception, match="is not asked"), breaker.guarding(1, silence=NoAnswer):
        pytest.fail("it was asked")
    time.sleep(0.25)
    asking, done, refused = threading.Event(), threading.Event(), []

    def try_it():
        with breaker.guarding(60, silence=NoAnswer):
            asking.set()
            done.wait(20)

    thread = threading.Thread(target=try_it)
    thread.start()
    assert asking.wait(20)
    try:
        with breaker.guarding(1, silence=NoAnswer):
            pass
    except Exception as error:
        refused.append(str(error))
    done.set()
    thread.join(20)
    assert len(refused) == 1  # while the first waits, the others do not
    with breaker.guarding(1, silence=NoAnswer):
        pass  # it has answered


def test_a_refusal_is_an_answer():
    breaker = Breaker()
    fall_silent(breaker)
    breaker._closed_until = 1e-9  # the pause is over
    with pytest.raises(ValueError, match="refused"), breaker.guarding(1, silence=NoAnswer):
        raise ValueError("refused")
    with breaker.guarding(1, silence=NoAnswer):
        pass
