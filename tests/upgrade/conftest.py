from __future__ import annotations

import contextlib
import gzip
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from base64 import b64decode
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import dj_database_url
import pytest
from django.core import signing
from django.db import connection, connections
from django.db.utils import load_backend
from django.test import Client
from django.utils import timezone

from tests.needs import need
from tests.upgrade import postgres, survey

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def manage(*arguments: str, **environment: str) -> str:
    """Run a management command as an operator does: another process, the site's own settings."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "genresite.settings", **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="session")
def expected() -> dict:
    """What 0.1.0 held and answered; see make_fixture.py."""
    return json.loads((FOLDER / "v0.1.0.json").read_text())


@pytest.fixture(scope="session")
def dump() -> str:
    """The database of 0.1.0, as SQL."""
    return gzip.decompress((FOLDER / "v0.1.0.sql.gz").read_bytes()).decode()


def keep_uploads(expected: dict, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sha256, content in expected["uploads"].items():
        (folder / sha256).write_bytes(b64decode(content))


@pytest.fixture
def made_by_operator(tmp_path) -> Path:
    """Models, cards, a recipe and a feature cache of 0.1.0; see make_bundles.py."""
    with tarfile.open(FOLDER / "v0.1.0-bundles.tar.xz") as tar:
        tar.extractall(tmp_path / "made", filter="data")
    return tmp_path / "made"


@pytest.fixture(scope="session")
def upgraded(dump, expected, tmp_path_factory) -> Path:
    """The folder of an installation of 0.1.0 whose database the present code has migrated."""
    folder = tmp_path_factory.mktemp("upgraded")
    survey.restore(dump, folder / "db.sqlite3")
    keep_uploads(expected, folder / "uploads")
    manage("migrate", "--verbosity", "0", DATA_DIR=str(folder), SECRET_KEY=expected["secret_key"])
    return folder


@pytest.fixture
def rows(upgraded):
    """Ask the upgraded database by SQL."""
    with sqlite3.connect(upgraded / "db.sqlite3") as database:
        yield lambda query, *values: database.execute(query, values).fetchall()
    database.close()


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a server on which databases may be made."""
    return need("postgres")


@pytest.fixture(scope="session")
def migrated_postgres(dump, postgres_server, tmp_path_factory):
    """The rows of 0.1.0 in PostgreSQL, migrated by the present code: {url, before, after}."""
    folder = tmp_path_factory.mktemp("postgres")
    survey.restore(dump, folder / "v0.1.0.sqlite3")
    with postgres.new_database(postgres_server) as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "any"}
        for app, last in postgres.MIGRATED.items():
            manage("migrate", "--verbosity", "0", app, *filter(None, [last]), **environment)
        source = sqlite3.connect(folder / "v0.1.0.sqlite3")
        tables = postgres.copy(source, url)
        source.close()
        before = postgres.rows_of(url, tables)
        manage("migrate", "--verbosity", "0", **environment)
        yield SimpleNamespace(url=url, tables=tables, before=before)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, upgraded, expected, tmp_path, settings, monkeypatch, django_db_blocker):
    """The present site, in this process, with a copy of the upgraded installation.

    It is a minute after the last row of 0.1.0 was written, so that what 0.1.0 signed is as good as
    it was, and its pause and its sessions have not ended.
    """
    folder = tmp_path / "data"
    shutil.copytree(upgraded, folder)
    settings.DATA_DIR = folder
    settings.UPLOAD_DIR = folder / "uploads"
    settings.MODELS_DIR = folder / "models"
    now = datetime.fromisoformat(expected["moment"]) + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=now.timestamp))
    log = logging.getLogger("django.request")
    with contextlib.ExitStack() as stack:
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.ERROR)  # many addresses had nothing before either
        if request.param == "sqlite":
            url = f"sqlite:///{folder / 'db.sqlite3'}"
        else:
            template = urlsplit(request.getfixturevalue("migrated_postgres").url).path[1:]
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(postgres.new_database(server, template))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(connected_to(url))
        yield Upgraded(expected)


@contextlib.contextmanager
def connected_to(url: str):
    """Have Django use another database than the one of the other tests."""
    configured = connections.configure_settings({"default": dj_database_url.parse(url)})
    backend = load_backend(configured["default"]["ENGINE"])
    others = connections["default"]
    others.close()
    connections["default"] = backend.DatabaseWrapper(configured["default"], "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = others


class Upgraded:
    """Browsers of those who used 0.1.0, and the database by SQL."""

    def __init__(self, expected: dict):
        self._sessions = {
            name: person["session"]
            for name, person in (expected["visitors"] | expected["staff"]).items()
        }

    def browser(self, name: str = "") -> Client:
        """The browser of a visitor or member of staff, with the cookie it had; "" has none."""
        client = Client(raise_request_exception=False)
        if name:
            client.cookies["sessionid"] = self._sessions[name]
        return client

    def sql(self, query: str, *values) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []
