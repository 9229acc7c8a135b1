"""The rows of a site under chaos, in SQLite or PostgreSQL, also if that is away for a moment."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

AWAY_S = 60
UNFINISHED = "('queued', 'fetching', 'listening')"


class Database:
    """`url` : of PostgreSQL; without it the database is SQLite's in the site's folder."""

    def __init__(self, folder: Path, url: str = ""):
        self._file = folder / "db.sqlite3"
        self._url = url

    def rows(self, query: str) -> list[tuple]:
        """Ask again for a minute while the database is away."""
        deadline = time.monotonic() + AWAY_S
        while True:
            try:
                return self._postgres(query) if self._url else self._sqlite(query)
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _sqlite(self, query: str) -> list[tuple]:
        connection = sqlite3.connect(self._file, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def _postgres(self, query: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(self._url, autocommit=True, connect_timeout=3) as connection:
            return connection.execute(query).fetchall()

    def value(self, query: str):
        return self.rows(query)[0][0]

    def cut_one_connection(self) -> int:
        """End one of the site's connections to PostgreSQL; returns how many were there."""
        others = (
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = self.value(f"SELECT count(*) {others}")
        self.rows(f"SELECT pg_terminate_backend(pid) {others} ORDER BY random() LIMIT 1")
        return found
