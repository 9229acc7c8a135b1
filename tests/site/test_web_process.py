"""The web process stays light: it must start in about a second and never hold a model."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, django
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
heavy = {"tensorflow", "keras", "librosa", "numba", "sklearn", "scipy", "yt_dlp", "av"}
heavy &= set(sys.modules)
assert not heavy, heavy
print("light")
"""


def test_no_page_imports_tensorflow_librosa_or_their_like(tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env={
            "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "genresite.settings",
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "only-for-tests",
            "YOUTUBE_ENABLED": "0",
            "DEBUG": "1",
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.strip() == "light"
