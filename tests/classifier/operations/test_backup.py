"""Backups of a site that is being written to, and what is not put back."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections

from classifier.models import Classification, RateCount, Worker
from classifier.operations.backup import archive, databases
from classifier.operations.backup.archive import BackupError
from classifier.operations.backup.create import create
from classifier.operations.backup.restore import restore
from classifier.sources import upload_store

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is a copy of SQLite's")
once = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is the same on any database")
HALF = 1_000_000
SECRET = "the key of the site " * 3


@pytest.fixture
def site(transactional_db, settings, tmp_path):
    """A site with a song, an upload that waits, a model and a key; gives its data folder."""
    if connection.vendor == "postgresql":
        pytest.importorskip("psycopg")
    folder = tmp_path / "data"
    folder.mkdir()
    settings.DATA_DIR, settings.MODELS_DIR = folder, folder / "models"
    (folder / "models/my-model-1").mkdir(parents=True)
    (folder / "models/my-model-1/card.json").write_text("{}")
    (folder / "models/default.txt").write_text("my-model-1\n")
    (folder / "secret_key").write_text(SECRET)
    Classification.objects.create(source="library", source_id="x", title="Before", model_id="m")
    return folder


def empty() -> None:
    Classification.objects.all().delete()


def names_in(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return set(tar.getnames())


@pytest.mark.parametrize("name", ["site.tar", "site.tar.gz"])
def test_a_site_is_put_back_as_it_was(site, settings, tmp_path, run_command, name):
    sha256 = upload_store.keep(SimpleUploadedFile("a.wav", b"sound"))
    made = run_command("backup", str(tmp_path / name))
    assert (made.code, "read back and whole" in made.out) == (0, True)
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert "secret_key" not in names_in(tmp_path / name)

    Classification.objects.update(title="After")
    Classification.objects.create(source="library", source_id="y", title="Later", model_id="m")
    upload_store.remove(sha256)
    (site / "models/default.txt").write_text("another\n")
    refused = run_command("restore", str(tmp_path / name))
    assert refused.code == 2
    assert "songs or staff of its own" in refused.err
    assert Classification.objects.count() == 2
    restored = run_command("restore", str(tmp_path / name), "--force")
    assert restored.code == 0, restored.err
    assert "1 uploads, 2 files of models, 0 secret key" in restored.out
    assert [row.title for row in Classification.objects.all()] == ["Before"]
    assert upload_store.opened(sha256).read() == b"sound"
    assert (site / "models/default.txt").read_text() == "my-model-1\n"
    assert (site / "secret_key").read_text() == SECRET


def test_an_empty_site_needs_no_force_and_a_running_one_does(site, tmp_path):
    create(tmp_path / "site.tar")
    empty()
    restore(tmp_path / "site.tar")
    assert Classification.objects.get().title == "Before"
    empty()
    Worker.objects.create(name="here:1")
    with pytest.raises(BackupError, match="is running: stop it first"):
        restore(tmp_path / "site.tar")
    assert not Classification.objects.exists()


def test_the_key_is_in_it_when_asked_for(site, settings, tmp_path):
    create(tmp_path / "site.tar", with_secret_key=True)
    (site / "secret_key").unlink()
    assert restore(tmp_path / "site.tar", force=True)["secret key"] == 1
    assert (site / "secret_key").read_text() == SECRET
    assert (site / "secret_key").stat().st_mode & 0o077 == 0
    (site / "secret_key").unlink()
    with pytest.raises(BackupError, match="SECRET_KEY is a setting"):
        create(tmp_path / "other.tar", with_secret_key=True)
    assert not (tmp_path / "other.tar").exists()


class Writer(threading.Thread):
    """Moves counts between two rows, many times a second: their sum is the same at any moment."""

    def __init__(self):
        super().__init__()
        self.stopping, self.written = threading.Event(), threading.Semaphore(0)
        for key in ("one", "other"):
            RateCount.objects.create(key=key, n=HALF)

    def run(self):
        try:
            with connection.cursor() as cursor:
                while not self.stopping.is_set():
                    cursor.execute(
                        "UPDATE classifier_count"
                        " SET n = n + (CASE key WHEN 'one' THEN -1 ELSE 1 END)"
                        " WHERE key IN ('one', 'other')"
                    )
                    cursor.execute(
                        "INSERT INTO classifier_count (key, n, created_at)"
                        " SELECT 'filler-' || count(*), 0, '2026-01-01' FROM classifier_count"
                    )
                    self.written.release()
        finally:
            connections.close_all()


@pytest.fixture
def writer(site):
    writer = Writer()
    writer.start()
    yield writer
    writer.stopping.set()
    writer.join(30)


@on_sqlite
def test_it_is_whole_and_of_one_moment_while_others_write(site, writer, tmp_path):
    for i in range(5):
        for _ in range(20):  # they go on, between each two
            assert writer.written.acquire(timeout=30)
        path = tmp_path / f"site-{i}.tar"
        create(path)
        with tarfile.open(path) as tar:
            (tmp_path / f"{i}.sqlite3").write_bytes(tar.extractfile("database").read())
        with closing(sqlite3.connect(tmp_path / f"{i}.sqlite3")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            (total,) = copy.execute(
                "SELECT sum(n) FROM classifier_count WHERE key IN ('one', 'other')"
            ).fetchone()
            assert total == 2 * HALF


@on_sqlite
def test_a_damaged_copy_is_no_backup_and_the_earlier_one_stays(site, tmp_path, monkeypatch):
    path = tmp_path / "site.tar"
    create(path)
    before = path.read_bytes()

    def half(target):
        databases._dump_sqlite(target)
        data = target.read_bytes()
        target.write_bytes(data[: len(data) // 2])

    monkeypatch.setattr(databases, "dump", half)
    with pytest.raises(BackupError, match="damaged"):
        create(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@once
def test_no_room_is_a_sentence_and_leaves_nothing(site, tmp_path, monkeypatch, run_command):
    def no_room(target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(databases, "dump", no_room)
    failed = run_command("backup", str(tmp_path / "site.tar"))
    assert failed.code == 2
    assert failed.err.count("\n") == 1
    assert "No space left" in failed.err
    assert list(tmp_path.glob("*site*")) + list(tmp_path.glob(".*")) == []


def rewritten(path: Path, target: Path, change) -> Path:
    """A backup with other members: `change` gets and returns {name: content}."""
    with tarfile.open(path) as tar:
        contents = {member.name: tar.extractfile(member).read() for member in tar}
    with tarfile.open(target, "w") as tar:
        for name, data in change(contents).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


def with_manifest(**values):
    def change(contents):
        manifest = json.loads(contents["manifest.json"]) | values
        return contents | {"manifest.json": json.dumps(manifest).encode()}

    return change


@once
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: {n: d for n, d in c.items() if n != "manifest.json"}, "its list is missing"),
        (lambda c: c | {"database": c["database"] + b" "}, "is damaged"),
        (lambda c: {n: d for n, d in c.items() if n != "database"}, "is damaged"),
        (lambda c: c | {"../evil": b""}, "has no place in a backup"),
        (lambda c: c | {"/etc/evil": b""}, "has no place in a backup"),
        (lambda c: c | {"models/../../evil": b""}, "has no place in a backup"),
        (lambda c: c | {"uploads/evil": b""}, "has no place in a backup"),
        (lambda c: c | {"models/.hidden": b""}, "has no place in a backup"),
        (with_manifest(format=2), "by a later version"),
        (with_manifest(database="oracle"), "is of a site on oracle"),
        (with_manifest(migrations=["classifier.0001_initial", "classifier.9999_x"]), "9999_x"),
        (with_manifest(migrations=[]), "another version"),
        (with_manifest(sha256=3), "cannot be read"),
        (lambda c: c | {"manifest.json": b"{"}, "cannot be read"),
    ],
)
def test_what_is_not_a_whole_backup_of_this_version_changes_nothing(
    site, tmp_path, run_command, change, sentence
):
    create(tmp_path / "site.tar")
    bad = rewritten(tmp_path / "site.tar", tmp_path / "bad.tar", change)
    Classification.objects.update(title="Now")
    refused = run_command("restore", str(bad), "--force")
    assert refused.code == 2
    assert sentence in refused.err
    assert Classification.objects.get().title == "Now"
    assert not list(tmp_path.rglob("evil"))
    assert [path.name for path in site.iterdir() if path.name.startswith(".")] == []


@once
def test_a_link_is_no_part_of_a_backup(site, tmp_path, run_command):
    create(tmp_path / "site.tar")
    link = tarfile.TarInfo(f"uploads/{'a' * 64}")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "site.tar", "a") as tar:
        tar.addfile(link)
    refused = run_command("restore", str(tmp_path / "site.tar"), "--force")
    assert (refused.code, "has no place" in refused.err) == (2, True)


@once
@pytest.mark.parametrize("data", [b"", b"no tar at all", None])
def test_what_is_no_tar_is_a_sentence(site, tmp_path, run_command, data):
    path = tmp_path / "site.tar.gz"
    if data is not None:
        path.write_bytes(data)
    refused = run_command("restore", str(path), "--force")
    assert refused.code == 2
    assert refused.err.count("\n") == 1


@once
def test_one_that_was_cut_off_is_a_sentence(site, tmp_path, run_command):
    create(tmp_path / "site.tar.gz")
    data = (tmp_path / "site.tar.gz").read_bytes()
    (tmp_path / "site.tar.gz").write_bytes(data[: len(data) // 2])
    refused = run_command("restore", str(tmp_path / "site.tar.gz"), "--force")
    assert refused.code == 2
    assert refused.err.count("\n") == 1


def test_without_postgresqls_programs_it_says_which(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump was not found: install"):
        databases._dump_postgresql(tmp_path / "dump")


def test_only_names_of_a_backup_are_written(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar, pytest.raises(ValueError, match="no place"):
        archive.Writer(tar).add("../evil", io.BytesIO(b""))
