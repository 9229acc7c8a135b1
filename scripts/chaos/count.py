"""What became of the songs: nothing that was accepted may be lost or stuck."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from .database import UNFINISHED, Database
from .visitors import Asked

ROWS = "FROM classifier_classification"
TWICE = (
    "SELECT count(*) FROM (SELECT 1 FROM classifier_historyentry"
    " GROUP BY visitor, classification_id HAVING count(*) > 1) AS twice"
)


def settle(database: Database, seconds: float) -> float:
    """Wait until no job is unfinished, or for so long; returns the seconds it took."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if not database.value(f"SELECT count(*) {ROWS} WHERE state IN {UNFINISHED}"):
            break
        time.sleep(0.5)
    return round(time.monotonic() - begin, 1)


def outcome(database: Database, asked: Asked, folder: Path) -> dict:
    rows = database.rows(f"SELECT public_id, state, error_kind, attempts, source, source_id {ROWS}")
    there = {row[0] for row in rows}
    states = Counter(row[1] for row in rows)
    # A song that failed and may be tried again keeps its file for a day.
    kept = {row[5] for row in rows if row[4] == "upload" and row[1] == "failed"}
    files = [path for path in (folder / "uploads").rglob("*") if path.is_file()]
    return {
        "asked": len(asked.accepted) + sum(asked.refused.values()),
        "accepted": len(set(asked.accepted)),
        "refused": asked.refused,
        "done": states["done"],
        "failed": dict(Counter(row[2] for row in rows if row[1] == "failed")),
        "stuck": sum(n for state, n in states.items() if state not in {"done", "failed"}),
        "lost": len(set(asked.accepted) - there),
        "twice in history": database.value(TWICE),
        "files left": len([path for path in files if path.name not in kept]),
        "tries": dict(sorted(Counter(row[3] for row in rows).items())),
    }
