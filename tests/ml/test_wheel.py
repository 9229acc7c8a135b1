"""`pip install .`: the program `genre` and the package `ml` with its bundles, without a site."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ml.registry.bundles import SHIPPED, SHIPPED_FOLDER

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SONG = next((ROOT / "classifier/library").glob("*.mp3"))
# As where nothing but what the wheel asks for is installed.
WITHOUT = """
import sys
for name in ("django", "tensorflow", "keras", "librosa", "sklearn", "scipy", "yt_dlp"):
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # A copy, because building leaves files beside the sources.
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ml", source / "ml", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    options = ["--no-build-isolation", f"--wheel-dir={folder}", str(source)]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


def python(installed: Path, script: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT + script, *arguments],
        cwd=installed.parent,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(installed),
            "GENRE_STORE": os.environ["GENRE_STORE"],
        },
        capture_output=True,
        text=True,
    )


def test_it_holds_every_bundle_and_no_site(installed):
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"ml"}
    ours = {
        path.relative_to(SHIPPED_FOLDER)
        for path in SHIPPED_FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    folder = installed / "ml" / "bundles"
    assert {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} == ours
    metadata = next(installed.glob("*.dist-info"))
    assert (metadata / "licenses" / "NOTICE").exists()


def test_python_asks_it_without_django(installed):
    script = f"""
from ml.audio.confined import decode
from ml.inference import get_classifier
import ml

classifier = get_classifier()
sound = decode({str(SONG)!r}, rate_hz=classifier.rate_hz)
print(classifier.runtime, classifier.predict(sound).genre, ml.__path__[0])
"""
    done = python(installed, script)
    assert done.returncode == 0, done.stderr
    runtime, genre, where = done.stdout.split()
    assert runtime == "light"
    assert genre in SHIPPED.card().labels
    assert Path(where) == installed / "ml"


GENRE = "from ml.terminal.main import main; sys.exit(main(sys.argv[1:]))"


def test_genre_classifies(installed):
    done = python(installed, GENRE, "classify", str(SONG), "--top", "1")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"{re.escape(str(SONG))}: .+ %\n", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["classify", "empty"], "There are no audio files in empty."),
        (["classify", str(SONG), "--model", "none"], "There is no model 'none'"),
        (["classify", str(SONG), "--runtime", "keras"], "needs tensorflow"),
    ],
)
def test_what_cannot_be_done_is_one_line(installed, arguments, said):
    (installed.parent / "empty").mkdir(exist_ok=True)
    done = python(installed, GENRE, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_pipe_that_closes_is_no_traceback(installed):
    songs = [str(SONG)] * 2
    script = WITHOUT + GENRE
    head = subprocess.run(
        ["/bin/sh", "-c", '"$@" | :', "sh", sys.executable, "-P", "-c", script, "classify", *songs],
        cwd=installed.parent,
        env={"PATH": os.defpath, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in head.stderr


def test_its_requirements_are_those_of_the_light_set():
    light = (ROOT / "requirements-light.txt").read_text().split()
    assert set(PROJECT["dependencies"]) <= set(light)
    full = (ROOT / "requirements.txt").read_text().split()
    assert set(PROJECT["optional-dependencies"]["keras"]) <= set(full)
    assert PROJECT["scripts"] == {"genre": "ml.terminal.main:main"}
