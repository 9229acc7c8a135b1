"""A process that learns, or answers anew, is killed; the next one finds nothing broken."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.testbed.site import ROOT

pytestmark = pytest.mark.worker

ANSWERS = 5000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The data of a site with five thousand songs and five hundred verdicts."""
    path = tmp_path_factory.mktemp("learning")
    run(path, "-m", "scripts.bench.learning", str(ANSWERS))
    return path


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "genresite.settings",
        "LEARN_MOST_CHANGED": "100",
        "PYTHONUNBUFFERED": "1",
    }


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(folder), text=True,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return done.stdout


def kill_at(folder: Path, text: str, *arguments: str) -> None:
    """Run a command, and kill it when it prints a text."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(folder), text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout
        assert any(text in line for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def rows(folder: Path, query: str) -> list[tuple]:
    with sqlite3.connect(folder / "db.sqlite3") as database:
        return database.execute(query).fetchall()


def forget_task(folder: Path) -> None:
    """As if a minute had passed since the killed process told something last."""
    with sqlite3.connect(folder / "db.sqlite3") as database:
        database.execute("update classifier_learningtask set told_at = '2020-01-01'")
    database.close()


def test_killed_in_each_long_step_it_loses_and_doubles_nothing(folder):
    for text in ("head: trying", "writing the model", "compared"):
        kill_at(folder, text, "learn", "--name", f"killed-at-{text[:4].strip(': ')}")
        forget_task(folder)
    models = folder / "models"
    said = run(folder, "manage.py", "learn", "--name", "ours")
    assert "wrote ours" in said
    assert (models / "ours" / "card.json").is_file()
    run(folder, "manage.py", "promote_model", "ours", "--reason", "a test")

    (before,) = rows(folder, "select count(*) from classifier_classification")
    kill_at(folder, "answered", "reclassify")
    forget_task(folder)
    anew = "select count(*), count(distinct source_id) from classifier_classification "
    anew += "where model_id = 'ours'"
    ((some, _),) = rows(folder, anew)
    assert 0 < some < ANSWERS * 19 / 20
    run(folder, "manage.py", "reclassify")
    ((n, distinct),) = rows(folder, anew)
    assert n == distinct == ANSWERS * 19 / 20  # one song in twenty has failed
    assert rows(
        folder, "select count(*) from classifier_classification where model_id <> 'ours'"
    ) == [before]
    assert rows(folder, "pragma integrity_check") == [("ok",)]
