"""Disk full, database read-only, locked or away: a page that says so, and recovery by itself."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading

import pytest
from django.core.files import uploadedfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from classifier.models import Classification
from classifier.sources import library
from classifier.web import signed_tracks
from genresite import storage
from genresite.outages import outage_of

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite that locks")


@pytest.fixture
def browser(transactional_db):
    yield Client(raise_request_exception=False)
    connection.close()  # it may be read-only still


def choose(browser, **headers):
    return browser.post(
        reverse("classify"), {"choice": signed_tracks.sign(library.tracks()[0])}, headers=headers
    )


def send(browser, n_bytes: int = 2000):
    return browser.post(reverse("upload"), {"file": SimpleUploadedFile("a.wav", bytes(n_bytes))})


def make_read_only() -> None:
    """Have this thread's connection be one that was opened while nothing could be written."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("SET default_transaction_read_only = ON")


def fill_up() -> None:
    """Take all that is left in the pages that SQLite has, and let it have no new ones."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    for size in (3000, 300, 30, 0):
        with pytest.raises(OperationalError, match="full"):
            add_rows(10_000, size)


def add_rows(n: int, size: int) -> None:
    for i in range(n):
        Classification.objects.create(
            source="library", source_id=f"{size}-{i}", error_detail="x" * size
        )


def test_read_only_is_a_page_and_over_with_the_next_connection(browser):
    make_read_only()
    response = choose(browser)
    assert response.status_code == 503
    assert "cannot store anything new" in response.content.decode()
    assert response["Retry-After"] == "300"
    assert response["Cache-Control"] == "no-store"
    assert Classification.objects.count() == 0
    assert choose(browser).status_code == 302
    assert Classification.objects.count() == 1


def test_other_threads_too_leave_their_connections_behind(browser):
    ready, failed = threading.Event(), threading.Event()
    statuses = []

    def another():
        try:
            make_read_only()
            ready.set()
            failed.wait(20)
            statuses.append(choose(Client(raise_request_exception=False)).status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=another)
    thread.start()
    assert ready.wait(20)
    make_read_only()
    assert choose(browser).status_code == 503
    failed.set()
    thread.join(20)
    assert statuses == [302]


def test_pages_and_searches_go_on_while_nothing_can_be_stored(browser, caplog, settings):
    settings.YOUTUBE_ENABLED = True
    settings.YOUTUBE_PROXY = "http://127.0.0.1:9"
    make_read_only()
    assert browser.get(reverse("home")).status_code == 200
    # A search is counted for the limit, and goes on uncounted.
    response = browser.get(reverse("search"), {"q": "jazz"})
    assert response.status_code == 200
    assert "search is not counted" in caplog.text


def test_a_program_is_told_in_json(browser):
    make_read_only()
    response = choose(browser, accept="application/json")
    assert response.status_code == 503
    assert response.json()["cause"] == "read_only"


@on_sqlite
def test_a_full_database_is_a_page_and_nothing_is_half_stored(browser, settings):
    fill_up()
    before = Classification.objects.count()
    response = send(browser)
    assert response.status_code == 503
    assert "no room for files" in response.content.decode()
    assert Classification.objects.count() == before
    assert not any(path.is_file() for path in settings.UPLOAD_DIR.glob("*"))


@on_sqlite
def test_a_lock_of_another_is_waited_for_a_while_only(browser, settings):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    name = connection.settings_dict["NAME"]
    with contextlib.closing(sqlite3.connect(name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = choose(browser)
        other.execute("ROLLBACK")
    assert response.status_code == 503
    assert "something else was being stored" in response.content.decode()
    assert response["Retry-After"] == "10"
    assert choose(browser).status_code == 302


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_file_that_cannot_be_stored_is_a_page_and_leaves_nothing(
    browser, monkeypatch, settings, number
):
    def no_room(path):
        raise OSError(number, "injected")

    monkeypatch.setattr(storage, "replacing", no_room)
    response = send(browser)
    assert response.status_code == 503
    assert Classification.objects.count() == 0
    assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_a_disk_that_fills_up_while_a_file_arrives_is_a_page(browser, monkeypatch, settings):
    """The middleware that reads the form fails, and no view is ever called."""
    make = uploadedfile.tempfile.NamedTemporaryFile

    def cramped(*args, **kwargs):
        file = make(*args, **kwargs)

        def write(data):
            raise OSError(errno.ENOSPC, "No space left on device")

        file.write = write
        return file

    monkeypatch.setattr(uploadedfile.tempfile, "NamedTemporaryFile", cramped)
    response = send(browser, settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert response.status_code == 503
    assert "no room for files" in response.content.decode()
    assert os.listdir(settings.FILE_UPLOAD_TEMP_DIR) == []


def test_the_page_needs_no_list_of_static_files(browser, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "genresite.storage.ModuleStorage"}
    }
    make_read_only()
    response = choose(browser)
    assert response.status_code == 503
    assert 'href="/static/css/base.css"' in response.content.decode()
    response = browser.get(reverse("home"))  # which has the hashed names in it
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


def test_a_fault_of_the_code_stays_one(browser, monkeypatch):
    def broken():
        raise RuntimeError("a fault")

    monkeypatch.setattr(library, "tracks", broken)
    assert browser.get(reverse("home")).status_code == 500
    response = browser.get(reverse("home"), headers={"accept": "application/json"})
    assert (response.status_code, list(response.json())) == (500, ["error"])


def test_a_missing_table_is_no_outage(transactional_db):
    with connection.cursor() as cursor, pytest.raises(Exception, match="no_such") as caught:
        cursor.execute("SELECT * FROM no_such_table")
    assert outage_of(caught.value) is None


def test_a_connection_that_broke_is_an_outage():
    assert outage_of(OperationalError("the connection is closed")).kind == "database"
    assert outage_of(ValueError()) is None
    assert outage_of(None) is None
    assert outage_of(FileNotFoundError(errno.ENOENT, "gone")) is None
