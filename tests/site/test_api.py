"""The examples for programs, as the README has them, against the running site."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from classifier.sources import library
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound
from scripts.testbed.site import Site, wait_for

pytestmark = pytest.mark.worker

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text().split("### For programs")[1].split("\n### ")[0]
LABELS = SHIPPED.card().labels


def command(beginning: str) -> str:
    """The line of the README that begins so."""
    return re.search(rf"^    ({re.escape(beginning)}.*)$", README, flags=re.MULTILINE)[1]


@pytest.fixture(scope="module")
def token(site) -> str:
    words = shlex.split(command(".venv/bin/python manage.py api_token create"))
    return site.manage(*words[2:]).strip()


@pytest.fixture
def folder(tmp_path):
    """Two of the site's tracks, and a file that is no music."""
    folder = tmp_path / "Music"
    folder.mkdir()
    tracks = sorted(library.FOLDER.glob("*.mp3"), key=lambda path: path.stat().st_size)
    for path in tracks[:2]:
        shutil.copy(path, folder)
    (folder / "notes.mp3").write_text("these are only words")
    sound.write(folder / "a chord.wav", sound.chord(4.0))
    return folder


def run(line: str | list[str], **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        line, shell=isinstance(line, str), env=os.environ | env, capture_output=True, text=True
    )


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_line_with_curl_answers_with_the_genre(site, token, folder):
    mp3 = next(path for path in folder.glob("*.mp3") if path.name != "notes.mp3")
    line = command("curl ").replace("http://127.0.0.1:8000", site.url)
    told = run(line.replace("@song.mp3", f"@{shlex.quote(str(mp3))}"), TOKEN=token)
    assert told.returncode == 0, told.stderr
    song = json.loads(told.stdout)
    assert song["state"] in ("done", "queued", "fetching", "listening")
    assert song["title"] == mp3.name
    if song["state"] == "done":  # a loaded machine may take longer
        assert song["genre"] in LABELS


def test_the_example_in_python_prints_a_line_for_each_file(site, token, folder):
    words = shlex.split(command("GENRESITE_TOKEN="))
    script = ROOT / words[2]
    for _ in range(2):  # the second time all is known already
        told = run([sys.executable, str(script), site.url, str(folder)], GENRESITE_TOKEN=token)
        assert told.returncode == 0, told.stderr
        lines = dict(row.split("\t") for row in told.stdout.splitlines())
        assert {Path(path).name for path in lines} == {path.name for path in folder.iterdir()}
        assert lines.pop(str(folder / "notes.mp3")) == "This is not audio that can be decoded."
        lines.pop(str(folder / "a chord.wav"))
        for said in lines.values():
            assert said.startswith((*LABELS, "none of its genres")), said
    bad = run([sys.executable, str(script), site.url, str(folder)], GENRESITE_TOKEN="gs_wrong")
    assert bad.returncode == 1
    assert "This token is unknown here" in bad.stderr
    assert run([sys.executable, str(script)]).returncode == 2


def test_pages_are_answered_while_more_programs_wait_than_there_are_threads(tmp_path, prepared):
    """Of a site without a worker, where nothing is ever answered."""
    site = Site(tmp_path, JOBS_AT_ONCE="0", WEB_THREADS="4").prepare_like(prepared).start("web")
    try:
        wait_for(site.health, 30, "the web process")
        token = site.manage("api_token", "create", "x", "--scope", "classify").strip()
        slugs, answers = list(library.catalog()), []

        def ask(slug: str) -> None:
            request = urllib.request.Request(
                f"{site.url}/api/v1/songs?wait=8",
                data=json.dumps({"library": slug}).encode(),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                answers.append(answer.status)

        programs = [threading.Thread(target=ask, args=(slug,)) for slug in slugs]
        for program in programs:
            program.start()
        # Those that found no place to wait are told so at once, the others wait on.
        wait_for(lambda: len(answers) >= len(programs) - 2, 6, "answers to those without a place")
        with urllib.request.urlopen(f"{site.url}/about/", timeout=5) as page:
            assert page.status == 200
        for program in programs:
            program.join()
        assert answers == [202] * len(programs)
    finally:
        site.stop()
