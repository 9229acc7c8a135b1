"""Each import rule of pyproject.toml fails when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("genresite", "classifier", "ml")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
# The rule's name -> a file, and an import in it that breaks the rule.
BREACHES = {
    "genresite -> classifier -> ml, never back": ("ml/errors.py", "classifier.formatting"),
    "ml knows no Django": ("ml/audio/files.py", "django"),
    "classifier: entry points on top, none of which imports another; storage at the bottom": (
        "classifier/admin/filters.py",
        "classifier.web.forms",
    ),
    "Pages import no worker and no heavy library, directly or through others": (
        "classifier/jobs.py",
        "ml.training.extraction",
    ),
    "ml: from what trains, judges and explains down to sound and numbers": (
        "ml/data/gtzan.py",
        "ml.registry.card",
    ),
    "Families of models know nothing of each other": (
        "ml/families/mel_cnn/config.py",
        "ml.families.musicnn.training",
    ),
    "Only the child process of sources.youtube knows yt-dlp": (
        "classifier/operations/health.py",
        "yt_dlp",
    ),
    "What strangers sent is decoded in a child process: the site loads no FFmpeg": (
        "classifier/sources/upload.py",
        "ml.audio.decode",
    ),
    "The child process of yt-dlp knows no Django": (
        "classifier/sources/youtube/ytdlp/config.py",
        "django",
    ),
}


def test_every_rule_has_a_breach():
    assert set(BREACHES) == {contract["name"] for contract in CONTRACTS}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("name", BREACHES)
def test_the_rule_fails_when_it_is_broken(tree, name):
    file, module = BREACHES[name]
    path = tree / file
    code = path.read_text()
    path.write_text(f"{code}\n\ndef breach():\n    import {module}\n")
    try:
        result = subprocess.run(
            [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
            cwd=tree,
            env={"COLUMNS": "400", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
    finally:
        path.write_text(code)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{name} BROKEN" in " ".join(result.stdout.split())
