"""yt-dlp renews itself: from an index of this machine, whose newest release is a copy of ours."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps

from classifier.operations import ytdlp_update
from classifier.operations.health import report
from classifier.sources.youtube import source
from classifier.sources.youtube.ytdlp import about, process, releases
from tests.classifier.conftest import SONG

NEW, NEWER = "2098.1.2", "2099.12.31"
PACKAGE = Path(importlib.util.find_spec("yt_dlp").origin).parent


def wheel(folder: Path, version: str, said: str = "", **more: str) -> Path:
    """Make a wheel of the installed yt-dlp that says it is of another day.

    more : further packages, with the code that they run when they are imported
    """
    path = folder / f"yt_dlp-{version}-py3-none-any.whl"
    info = f"yt_dlp-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: yt-dlp\nVersion: {version}\n"
        "Provides-Extra: default\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "yt_dlp/version.py": re.sub(
            r"__version__ = '.*'",
            f"__version__ = '{said or version}'",
            (PACKAGE / "version.py").read_text(),
        ),
    }
    files |= {f"{name}/__init__.py": code for name, code in more.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for source in PACKAGE.rglob("*.py"):
            name = f"yt_dlp/{source.relative_to(PACKAGE)}"
            files.setdefault(name, "")
            if not files[name]:
                archive.write(source, name)
        for name, text in files.items():
            if text:
                archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in files))
    return path


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    return {version: wheel(folder, version) for version in (NEW, NEWER)}


@pytest.fixture
def index(tmp_path, monkeypatch, wheels):
    """An index that offers what it is told to; pip knows no other."""
    page = tmp_path / "index" / "yt-dlp" / "index.html"
    page.parent.mkdir(parents=True)

    def offer(*paths: Path, sha256: str = "") -> None:
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        links = [
            f'<a href="file://{path}#sha256={sha256 or digest}">{path.name}</a>'
            for path, digest in zip(paths, digests, strict=True)
        ]
        page.write_text(f"<!doctype html><html><body>{''.join(links)}</body></html>")

    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{page.parent.parent}")
    return offer


@pytest.fixture(autouse=True)
def folder(tmp_path):
    before = releases.folder()
    releases.keep_in(tmp_path / "data" / "yt-dlp-releases")
    yield
    releases.keep_in(before)
    process.end_spare()


def test_releases_are_kept_where_the_site_keeps_everything(settings):
    apps.get_app_config("classifier").ready()
    assert releases.folder() == Path(settings.DATA_DIR) / "yt-dlp-releases"


def version_in_child() -> str:
    """Of the yt-dlp that a child that begins now would import."""
    process.warm()
    command = Path(f"/proc/{process.spare_pid()}/cmdline")
    # Popen returns while exec is still under way, and until exec is done it is this process's.
    deadline = time.monotonic() + 20
    while b"ytdlp.child" not in (words := command.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.01)
    _, _, told = words.decode().partition("ytdlp.child\0")
    return Path(told.split("\0")[0]).name if told else "installed"


def test_a_newer_release_is_fetched_and_used_by_the_child(index, wheels):
    before = about.ytdlp_version()
    assert version_in_child() == "installed"
    index(wheels[NEW])
    assert ytdlp_update.update() == f"yt-dlp {NEW} is used from now on, instead of {before}."
    assert about.ytdlp_version() == NEW
    process.end_spare()
    assert version_in_child() == NEW
    assert (releases.folder() / NEW / "yt_dlp" / "YoutubeDL.py").exists()
    assert ytdlp_update.update() == f"yt-dlp {NEW} is the newest."


@pytest.mark.parametrize("is_there", [True, False], ids=["a cache", "no cache yet"])
def test_a_song_is_fetched_by_it(index, wheels, proxy, settings, tmp_path, is_there):
    settings.DATA_DIR = tmp_path / "data"
    index(wheels[NEW])
    ytdlp_update.update()
    if not is_there:
        (tmp_path / "data" / "yt-dlp").rmdir()
    process.end_spare()
    assert version_in_child() == NEW
    arguments = {"video_id": SONG.id, "rate_hz": 16_000}
    events = list(process.run("fetch", source.config(), arguments, seconds=60))
    assert sum(event["samples"].size for event in events if event["event"] == "window") > 16_000
    assert (tmp_path / "data" / "yt-dlp").is_dir()


@pytest.mark.django_db
def test_staff_see_which_one_is_used(index, wheels, settings):
    settings.YOUTUBE_ENABLED = True
    assert report(exact=True)["youtube"]["yt_dlp_from"] == "installation"
    index(wheels[NEW])
    ytdlp_update.update()
    youtube = report(exact=True)["youtube"]
    assert (youtube["yt_dlp"], youtube["yt_dlp_from"]) == (NEW, "update_ytdlp")
    assert "yt_dlp" not in report()["youtube"]


def test_a_child_that_waited_with_the_old_one_is_not_used(index, wheels):
    assert version_in_child() == "installed"
    waiting = process.spare_pid()
    index(wheels[NEW])
    ytdlp_update.update()
    with pytest.raises(process.YouTubeFailure):
        list(process.run("no such task", process.Config(), {}, seconds=20))
    assert process.spare_pid() != waiting
    assert version_in_child() == NEW


def test_going_back_leaves_the_release_out_until_it_is_asked_for(index, wheels):
    installed = about.ytdlp_version()
    index(wheels[NEW])
    ytdlp_update.update()
    index(wheels[NEWER])
    ytdlp_update.update()
    assert about.ytdlp_version() == NEWER
    assert NEW in ytdlp_update.go_back()
    assert about.ytdlp_version() == NEW
    assert "was gone back from" in ytdlp_update.update()
    assert about.ytdlp_version() == NEW
    assert f"yt-dlp {NEWER} is used" in ytdlp_update.update(again=True)
    ytdlp_update.go_back()
    ytdlp_update.go_back()
    assert about.ytdlp_version() == installed
    with pytest.raises(ytdlp_update.UpdateError, match="nothing to go back from"):
        ytdlp_update.go_back()


def test_only_the_last_two_are_kept(index, wheels, tmp_path):
    killed = releases.folder() / ".draft-of-a-killed-one"
    killed.mkdir(parents=True)
    (releases.folder() / "2097.1.1" / "yt_dlp").mkdir(parents=True)
    releases.write_state(releases.State(current="2097.1.1"))
    for version in (NEW, NEWER):
        index(wheels[version])
        ytdlp_update.update()
    kept = {path.name for path in releases.folder().iterdir() if path.is_dir()}
    assert kept == {NEW, NEWER}


def test_what_does_not_have_the_hash_of_the_index_is_not_used(index, wheels):
    before = about.ytdlp_version()
    index(wheels[NEW], sha256="0" * 64)
    with pytest.raises(ytdlp_update.UpdateError, match=r"(?i)hash"):
        ytdlp_update.update()
    assert about.ytdlp_version() == before
    assert not [path for path in releases.folder().iterdir() if path.is_dir()]


def test_what_is_not_what_it_says_or_does_not_work_is_not_used(index, tmp_path):
    before = about.ytdlp_version()
    index(wheel(tmp_path, NEW, said="2098.2.1"))
    with pytest.raises(ytdlp_update.UpdateError, match=r"says that it is '2098\.2\.1'"):
        ytdlp_update.update()
    broken = wheel(tmp_path, NEW, said="' + no_such_name + '")
    index(broken)
    with pytest.raises(ytdlp_update.UpdateError, match="NameError"):
        ytdlp_update.update()
    assert about.ytdlp_version() == before
    assert not [path for path in releases.folder().iterdir() if path.is_dir()]


@pytest.mark.landlock
def test_its_code_reads_no_secret_when_it_is_imported(index, tmp_path):
    secret = tmp_path / "data" / "secret_key"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("a secret")
    index(wheel(tmp_path, NEW, said=f"' + open({str(secret)!r}).read() + '"))
    with pytest.raises(ytdlp_update.UpdateError, match="Permission denied"):
        ytdlp_update.update()


def test_nothing_of_it_takes_the_place_of_the_sites_own_code(index, tmp_path):
    code = "raise SystemExit('taken')"
    index(wheel(tmp_path, NEW, classifier=code, ml=code, json=code))
    ytdlp_update.update()
    process.end_spare()
    with pytest.raises(process.YouTubeFailure) as failure:
        list(process.run("fetch", process.Config(), {"video_id": "no", "rate_hz": 1}, seconds=60))
    assert failure.value.kind == "removed"  # told by the child's own code


def test_an_index_that_is_away_changes_nothing(monkeypatch, index, run_command):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    done = run_command("update_ytdlp")
    assert done.code == 2
    assert done.err.startswith("Nothing was changed: ")
    assert done.err.count("\n") == 1


def test_two_updates_at_once_do_not_meet(index, wheels):
    index(wheels[NEW])
    with ytdlp_update._alone(), pytest.raises(ytdlp_update.UpdateError, match="under way"):
        ytdlp_update.update()


def test_daily_is_once_a_day_and_fails_without_harm(index, wheels, monkeypatch, caplog):
    index(wheels[NEW], sha256="0" * 64)
    assert ytdlp_update.update_daily()
    assert "was not updated" in caplog.text
    assert ytdlp_update.update_daily() is None
    monkeypatch.setattr(
        ytdlp_update.timezone,
        "now",
        lambda: type("Tomorrow", (), {"date": lambda self: date(2098, 1, 3)})(),
    )
    index(wheels[NEW])
    assert NEW in ytdlp_update.update_daily()


@pytest.mark.parametrize(
    "content",
    [b"", b"no JSON", b"[]", b"\xff", b'{"current": "../../etc", "previous": "", "skipped": "",'
     b' "checked_on": ""}', json.dumps({"current": NEW, "previous": "", "skipped": "",
     "checked_on": ""}).encode()],
)  # fmt: skip
def test_a_broken_state_or_a_folder_that_is_gone_is_the_installed_one(content):
    releases.folder().mkdir(parents=True)
    (releases.folder() / "state.json").write_bytes(content)
    assert releases.path() is None
    assert about.ytdlp_version() == releases.installed_version()


def test_an_upgrade_of_the_site_beats_an_older_release():
    (releases.folder() / "2020.1.1" / "yt_dlp").mkdir(parents=True)
    releases.write_state(releases.State(current="2020.1.1"))
    assert about.ytdlp_version() == releases.installed_version()


def test_the_command_says_what_is_used(index, wheels, run_command):
    index(wheels[NEW])
    assert run_command("update_ytdlp").code == 0
    assert run_command("update_ytdlp", "--show").out == f"yt-dlp {NEW}\n"
    assert releases.installed_version() in run_command("update_ytdlp", "--back").out
