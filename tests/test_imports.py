"""What is not imported: heavy libraries where they are not needed, and the tests by anybody."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A visitor's way through the site, as a web process goes it.
PAGES = """
import django
from django.test import Client
import genresite.wsgi
from django.test.utils import setup_test_environment
from django.core.management import call_command
call_command("migrate", verbosity=0)
setup_test_environment()
client = Client(SERVER_NAME="localhost")
for path in ("/", "/search/?q=blues", "/history/", "/how-it-works/", "/about/", "/admin/login/"):
    assert client.get(path).status_code == 200, path
choice = client.get("/").context["library"][0]["choice"]
page = client.post("/classify/", {"choice": choice}, follow=True)
assert page.status_code == 200
"""

NETWORKS = {"tensorflow", "keras", "librosa", "sklearn"}

A_PLOT = "a plot"
# What is run, and what is not to be loaded afterwards.
LIGHT = {
    "pages": (PAGES, NETWORKS | {"numba", "scipy", "yt_dlp", "av"}),
    "pages of the models": (
        "import django; django.setup(); import classifier.web.views.model_cards",
        NETWORKS,
    ),
    "a card and its words": (
        "import ml.registry.bundles, ml.explanations.tags, ml.heads.linear_head;"
        "ml.registry.bundles.SHIPPED.card()",
        NETWORKS | {"scipy", "av"},
    ),
    "an explanation": (
        "import ml.explanations.contributions",
        {"tensorflow", "sklearn", "scipy"},
    ),
    A_PLOT: (
        "from ml.evaluation import plots; plots.learning([{'epoch': 1, 'loss': 2.0}])",
        {"matplotlib.pyplot"},
    ),
}

FULL = {A_PLOT: pytest.mark.full}

# Runs each piece in a fork of an empty process, which costs nothing but its imports.
RUNNER = """
import json, os, sys
for code in json.load(sys.stdin):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        try:
            exec(code, {"__name__": "__main__"})
            told = {"loaded": sorted(sys.modules)}
        except BaseException as error:
            told = {"error": repr(error)}
        with open(writing, "w") as pipe:
            json.dump(told, pipe)
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        print(pipe.read() or '{"error": "it died"}')
    os.wait()
"""


@pytest.fixture(scope="module")
def after(tmp_path_factory) -> dict[str, dict]:
    """What came of each piece of the table: {"loaded": [modules]} or {"error": text}."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNNER],
        input=json.dumps([code for code, _ in LIGHT.values()]),
        cwd=ROOT,
        env={
            "PATH": os.defpath,
            "DJANGO_SETTINGS_MODULE": "genresite.settings",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "SECRET_KEY": "only-for-tests",
            "YOUTUBE_ENABLED": "0",
            "DEBUG": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(LIGHT, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("what", [pytest.param(what, marks=FULL.get(what, ())) for what in LIGHT])
def test_it_loads_no_heavy_library(after, what):
    _, heavy = LIGHT[what]
    assert "error" not in after[what]
    assert heavy & set(after[what]["loaded"]) == set()


def imported_by(path: Path) -> set[str]:
    """The roots of all that a file imports, also within functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("room", ["genresite", "classifier", "ml", "scripts"])
def test_nothing_but_tests_imports_tests(room):
    assert [p for p in (ROOT / room).rglob("*.py") if "tests" in imported_by(p)] == []
