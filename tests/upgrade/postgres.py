"""The database of 0.1.0 in PostgreSQL: its migrations, and the rows that were made in SQLite."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

# What 0.1.0 had: of each app the last migration, or "" for all that the installed version brings.
MIGRATED = {"classifier": "0006", "auth": "", "admin": "", "sessions": ""}
# The tables of the queue that 0.1.0 had lie unread in an upgraded database; nothing makes them now.
NOT_COPIED = {"django_migrations", "sqlite_sequence"}
NOT_COPIED |= {"django_q_ormq", "django_q_schedule", "django_q_task"}


def connect(url: str, **options):
    import psycopg

    return psycopg.connect(url, **options)


@contextmanager
def new_database(server: str, template: str = "template0") -> Iterator[str]:
    """A database of a random name on a server, dropped in the end; gives its URL."""
    name = f"genresite_upgrade_{uuid.uuid4().hex[:12]}"
    with connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def columns_of(database, table: str) -> dict[str, str]:
    """{column: type}, in the order of the table."""
    rows = database.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return dict(rows.fetchall())


def copy(source: sqlite3.Connection, url: str) -> dict[str, list[str]]:
    """Put every row of a SQLite database in the place of those there; gives {table: columns}."""
    names = [
        name
        for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in NOT_COPIED
    ]
    copied = {}
    # In one transaction: Django's foreign keys are checked at its end.
    with connect(url) as database:
        # SQLite holds moments as text without a zone, and they are in UTC.
        database.execute("SET TIME ZONE 'UTC'")
        quoted = ", ".join(f'"{name}"' for name in names)
        database.execute(f"TRUNCATE {quoted}")
        for name in names:
            _copy_table(source, database, name)
            copied[name] = list(columns_of(database, name))
    return copied


def _copy_table(source: sqlite3.Connection, database, name: str) -> None:
    rows = source.execute(f'SELECT * FROM "{name}"')
    columns = [column[0] for column in rows.description]
    types = columns_of(database, name)
    marks = ", ".join(["%s"] * len(columns))
    quoted = ", ".join(f'"{column}"' for column in columns)
    for row in rows:
        values = [
            bool(value) if types[column] == "boolean" and value is not None else value
            for column, value in zip(columns, row, strict=True)
        ]
        database.execute(f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})', values)
    if types.get("id", "").endswith("int") or types.get("id") == "integer":
        database.execute(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM \"{name}\""
        )


def rows_of(url: str, tables: dict[str, list[str]]) -> dict[str, list[tuple]]:
    """Every value of some columns of some tables."""
    with connect(url) as database:
        return {name: _rows(database, name, columns) for name, columns in tables.items()}


def _rows(database, name: str, columns: list[str]) -> list[tuple]:
    quoted = ", ".join(f'"{column}"' for column in columns)
    return database.execute(f'SELECT {quoted} FROM "{name}" ORDER BY 1').fetchall()
