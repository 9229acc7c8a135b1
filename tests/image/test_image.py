"""The container image, built and run: by any user, with a read-only root."""

from __future__ import annotations

import contextlib
import re
import time
import tomllib
import urllib.request

import pytest

from scripts.testbed.browser import Browser
from scripts.testbed.site import ROOT, free_port, wait_for

pytestmark = pytest.mark.image_builder

USER = 4321
SONG = next((ROOT / "classifier/library").glob("*.mp3"))
# What the site is told beside what an operator would say: where nobody listens, for YouTube.
AWAY = {"YOUTUBE_PROXY": "http://127.0.0.1:9", "HOST": "127.0.0.1"}


def get(url: str) -> bytes | None:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
        return response.read()
    return None


def is_ready(url: str) -> bool:
    return b'"workers_ready": 1' in (get(f"{url}/health/") or b"")


def answer_of(browser: Browser, path) -> str:
    """Send a file and wait for its answer; gives the path of its page."""
    page = browser.upload(path)
    assert page.status == 200, page.status
    shown = wait_for(
        lambda: (found := browser.get(page.url)) and "How sure" in found.text and found,
        60,
        "an answer",
    )
    assert re.search(r"\d+(\.\d+)?\s%", shown.text)
    return page.url


def test_it_says_what_it_is(image):
    config = image.config
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert config["Labels"]["org.opencontainers.image.version"] == version
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert config["User"] not in {"", "0", "root"}
    assert "/data" in config["Volumes"]
    assert "8000/tcp" in config["ExposedPorts"]
    assert config["Healthcheck"]["Test"][-1] == "scripts.healthcheck"


def test_it_holds_what_serves_and_nothing_else(image):
    root = image.root
    assert not any((root / "app" / name).exists() for name in (".git", ".venv", "var", "tests"))
    packages = next((root / "opt/venv/lib").glob("python3*/site-packages"))
    assert (packages / "openvino").is_dir()
    assert not any((packages / name).exists() for name in ("tensorflow", "librosa", "sklearn"))
    # pip's settings came as a secret, and are not in it.
    assert not (root / "etc/pip.conf").exists() or not (root / "etc/pip.conf").read_text()
    assert list((root / "app/collected/css").glob("*.css")), "static files are collected"


def test_it_answers_an_upload_and_stops_in_time(image, volume, tmp_path):
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    site = image.container(data=volume, user=USER, PORT=str(port), **AWAY)
    site.start(log)
    try:
        wait_for(lambda: is_ready(url), 120, f"a warm worker ({log.read_text()[-2000:]})")
        visitor = Browser(url)
        answer = answer_of(visitor, SONG)
        assert {process.uids().real for process in site.processes()} == {USER}
        first = [p for p in site.processes() if p.name() == "tini"]
        assert len(first) == 1
        assert site.run("python", "-m", "scripts.healthcheck").returncode == 0
    finally:
        took = site.stop(grace_s=10)  # what Docker allows by itself
    assert took < 10
    assert site.process.returncode == 0
    text = log.read_text()
    assert "The site is up at" in text
    assert "GET / 200" in text
    assert "Traceback" not in text
    assert "tini" not in text, "it must be the first process"

    # The volume keeps everything: the same visitor finds the answer in their history.
    site.start(log)
    try:
        wait_for(lambda: get(f"{url}/livez"), 60, "the site again")
        assert visitor.get(answer).status == 200
        assert SONG.name in visitor.get("/history/").text
    finally:
        site.stop(grace_s=10)


def test_web_and_worker_run_alone_with_secrets_in_files(image, volume, tmp_path):
    (volume / "key").write_text("a key of forty characters and a few more\n")
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    env = {"PORT": str(port), "SECRET_KEY_FILE": "/data/key", **AWAY}

    def container(*command):
        return image.container(*command, data=volume, user=USER, **env)

    (volume / "key").chmod(0o644)
    assert container("manage", "migrate", "--verbosity", "0").run().returncode == 0
    web, worker = container("web").start(log), container("worker").start(log)
    try:
        wait_for(lambda: is_ready(url), 120, f"a warm worker ({log.read_text()[-2000:]})")
        answer_of(Browser(url), SONG)
        assert not (volume / "secret_key").exists()
        assert not any("run_workers" in " ".join(p.cmdline()) for p in web.processes())
        assert not any("gunicorn" in " ".join(p.cmdline()) for p in worker.processes())
    finally:
        took = web.stop(grace_s=40), worker.stop(grace_s=10)
    assert max(took) < 10


def test_a_command_classifies_in_it(image, volume):
    song = f"/app/classifier/library/{SONG.name}"
    done = image.container("manage", "classify", song, data=volume).run()
    assert done.returncode == 0, done.stderr
    assert song in done.stdout
    assert "%" in done.stdout


def test_nothing_but_data_and_tmp_can_be_written(image, volume):
    tried = image.container(data=volume, user=0).run(
        "touch", "/app/file", "/data/file", "/tmp/file"
    )
    assert "Read-only file system" in tried.stderr
    assert tried.stderr.count("\n") == 1
    assert (volume / "file").exists()


def test_a_volume_that_belongs_to_somebody_else_is_one_sentence(image, tmp_path):
    (tmp_path / "volume").mkdir(mode=0o700)
    began = time.monotonic()
    done = image.container(data=tmp_path / "volume", user=USER).run()
    assert done.returncode == 2
    assert done.stderr.startswith("DATA_DIR='/data' cannot be written by user 4321")
    assert done.stderr.count("\n") == 1
    assert time.monotonic() - began < 10


def test_an_unknown_command_is_one_sentence(image, volume):
    done = image.container("dance", data=volume).run()
    assert done.returncode == 2
    assert done.stderr.startswith("There is no 'dance'")
