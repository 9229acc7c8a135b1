"""Copies of the database, while others write to it: SQLite's own way, and pg_dump's."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection

from .archive import BackupError

DEBIAN = Path("/usr/lib/postgresql")  # where Debian puts programs that are not in PATH
LOCK_S = 30.0  # for others to end their transactions


def dump(target: Path) -> None:
    """Write a whole copy, of one moment. Raises BackupError."""
    {"sqlite": _dump_sqlite, "postgresql": _dump_postgresql}[connection.vendor](target)


def load(source: Path) -> None:
    """Put a copy in the place of all that is there, at once. Raises BackupError."""
    {"sqlite": _load_sqlite, "postgresql": _load_postgresql}[connection.vendor](source)


def check(copy: Path) -> None:
    """Raise BackupError unless a copy is whole."""
    if connection.vendor == "postgresql":
        _run("pg_restore", "--list", str(copy))
        return
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise BackupError(f"The copy of the database is damaged: {found}.")


def _dump_sqlite(target: Path) -> None:
    # All pages in one step, so that a writer cannot make it begin again; in WAL mode none waits.
    with closing(_sqlite()) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file


def _load_sqlite(source: Path) -> None:
    connection.close()
    with closing(_sqlite()) as live, closing(sqlite3.connect(source)) as copy:
        try:
            copy.backup(live)
        except sqlite3.OperationalError as error:
            raise BackupError(f"The database could not be written: {error}.") from error
        live.execute("PRAGMA journal_mode=WAL")


def _sqlite() -> sqlite3.Connection:
    return sqlite3.connect(connection.settings_dict["NAME"], timeout=LOCK_S)


def _dump_postgresql(target: Path) -> None:
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}")


def _load_postgresql(source: Path) -> None:
    connection.close()
    _run(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
        f"--dbname={connection.settings_dict['NAME']}", str(source),
    )  # fmt: skip


def _run(program: str, *arguments: str) -> None:
    path = _find(program)
    if path is None:
        raise BackupError(
            f"{program} was not found: install PostgreSQL's client programs, of the version of the "
            "server (on Debian: apt-get install postgresql-client)."
        )
    result = subprocess.run(
        [path, *arguments], env=os.environ | _environment(), capture_output=True, text=True
    )
    if result.returncode:
        said = " ".join(result.stderr.split())[:500]
        raise BackupError(f"{program} failed: {said}")


def _find(program: str) -> str | None:
    installed = sorted(DEBIAN.glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    # The newest one: a program reads servers of its own version and of earlier ones.
    return str(installed[-1]) if installed else shutil.which(program)


def _environment() -> dict[str, str]:
    """Return what PostgreSQL's programs read; not as arguments, which all users can see."""
    settings = connection.settings_dict
    found = {
        "PGHOST": settings["HOST"],
        "PGPORT": str(settings["PORT"] or ""),
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
        "PGSSLMODE": settings["OPTIONS"].get("sslmode", ""),
    }
    return {name: value for name, value in found.items() if value}
