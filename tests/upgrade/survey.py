"""What is compared before and after an upgrade: tables, commands, settings, downloads.

Runs under 0.1.0 and under the present code, so it imports nothing of either.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import math
import os
import runpy
import sqlite3
import warnings
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path
from unittest import mock

# Written by Django itself: migrations grow, and names of content types follow renamed models.
DJANGOS_OWN = {"django_migrations", "django_content_type", "auth_permission", "sqlite_sequence"}


def digest(value) -> str:
    """A short digest of anything that JSON or SQLite can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value):
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value)


def tables(connection: sqlite3.Connection) -> dict[str, dict]:
    """Every table that must survive: {name: {count, columns: {column: digest of its values}}}."""
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in DJANGOS_OWN
    ]
    return {name: table(connection, name) for name in sorted(names)}


def table(connection: sqlite3.Connection, name: str) -> dict:
    """How many rows a table has, and a digest of each of its columns."""
    described = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
    columns = [column[1] for column in described]
    key = next((column[1] for column in described if column[5]), columns[0])
    rows = connection.execute(f'SELECT * FROM "{name}" ORDER BY "{key}"').fetchall()
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return {
        "count": len(rows),
        "columns": {
            column: digest(list(value)) for column, value in zip(columns, values, strict=True)
        },
    }


def options(parser) -> dict[str, dict]:
    """The arguments that a management command adds to Django's own, by the name of each."""
    # Django's base options have the same destinations for every command.
    ours = [
        action
        for action in parser._actions
        if action.dest
        not in (
            "help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color",
            "force_color", "skip_checks",
        )
    ]  # fmt: skip
    return {
        action.dest: {
            "strings": list(action.option_strings),
            "nargs": action.nargs,
            "required": action.required,
            "choices": sorted(map(str, action.choices)) if action.choices else None,
            "default": action.default
            if isinstance(action.default, (str, int, bool, list, type(None)))
            else None,
        }
        for action in ours
    }


def settings_with(variables: Mapping[str, str]) -> dict[str, str]:
    """The site's settings under some environment variables, each as its repr."""
    keep = {key: os.environ[key] for key in ("PATH", "DATA_DIR", "SECRET_KEY")}
    environment = mock.patch.dict(os.environ, keep | dict(variables), clear=True)
    with environment, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # runpy's, of a module that is imported already
        found = runpy.run_module("genresite.settings")
    return {name: repr(value) for name, value in found.items() if name.isupper()}


def changed_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that differ from the defaults under some environment variables."""
    before, after = settings_with({}), settings_with(variables)
    return {name: value for name, value in after.items() if before.get(name) != value}


def summary(item: Mapping) -> dict:
    """A JSON object with a digest in place of every list and object in it."""
    return {
        key: {"digest": digest(value)} if isinstance(value, (list, dict)) else value
        for key, value in item.items()
    }


def csv_summary(text: str) -> dict:
    """The CSV of one answer: its plain facts, and a digest of the rows of each other kind."""
    # Sorted, because PostgreSQL does not keep the order of the keys of an object.
    rows = sorted(csv.DictReader(text.splitlines()), key=lambda row: sorted(row.items()))
    kinds = sorted({row["what"] for row in rows} - {"fact"})
    return {
        "facts": {row["name"]: row["value"] for row in rows if row["what"] == "fact"},
        "digests": {kind: digest([row for row in rows if row["what"] == kind]) for kind in kinds},
    }


def text_of(page: bytes) -> str:
    """A page as one line of text with its entities resolved; tags stay."""
    return " ".join(html.unescape(page.decode()).split())


def missing(page: bytes, words: Iterable[str]) -> list[str]:
    """Which of some words a page does not show."""
    text = text_of(page)
    return [word for word in words if " ".join(word.split()) not in text]


def beep(name: str) -> bytes:
    """A WAV of 3.5 s of a tone, whose pitch is of a track's name."""
    rate_hz, hz = 8000, 150 + int(hashlib.sha256(name.encode()).hexdigest(), 16) % 1500
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate_hz)
        file.writeframes(
            bytes(
                round(127.5 + 60 * math.sin(2 * math.pi * hz * i / rate_hz))
                for i in range(int(3.5 * rate_hz))
            )
        )
    return out.getvalue()


def restore(dump: str, path: Path) -> None:
    """Make a SQLite file of a dump."""
    connection = sqlite3.connect(path)
    connection.executescript(dump)
    connection.close()
