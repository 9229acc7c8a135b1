"""The short form of `python -m scripts.chaos`: every way to break the site, once."""

from __future__ import annotations

import json

import pytest

from scripts.chaos.__main__ import main

WAYS = {
    "idle worker",
    "busy worker",
    "main process of the workers",
    "SIGTERM to the workers",
    "gunicorn's worker",
    "gunicorn's main process",
}
WAYS_OF_POSTGRES = WAYS | {"connection to PostgreSQL", "restart of PostgreSQL"}

pytestmark = pytest.mark.worker


@pytest.mark.parametrize(
    ("database", "ways"),
    [
        ("sqlite", WAYS),
        pytest.param("postgresql", WAYS_OF_POSTGRES, marks=pytest.mark.postgres_programs),
    ],
)
def test_nothing_that_was_accepted_is_lost_stuck_or_twice_in_history(database, ways, tmp_path):
    told = tmp_path / "result.json"
    code = main(["--database", database, "--seconds", "0", "--every", "2", "--json", str(told)])
    result = json.loads(told.read_text())
    assert set(result["broken"]) == ways
    assert result["accepted"] > 0
    assert (result["stuck"], result["lost"], result["twice in history"]) == (0, 0, 0)
    assert result["failed"] == {}
    assert code == 0
