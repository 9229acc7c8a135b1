"""What HTTPS=1 turns on, and what is asked for besides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "PROXIES",
    "SESSION_COOKIE_SECURE",
)  # fmt: skip
SCRIPT = f"""
import json
from genresite import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}))
"""


def run(tmp_path, **env: str) -> subprocess.CompletedProcess:
    whole = os.environ | {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x"} | env
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=whole, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("env", "subdomains", "preload"),
    [
        ({}, False, False),
        ({"HSTS_SUBDOMAINS": "1"}, True, False),
        ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, True, True),
    ],
)
def test_hsts_binds_other_hosts_by_setting_alone(tmp_path, env, subdomains, preload):
    told = json.loads(run(tmp_path, HTTPS="1", **env).stdout)
    assert told["SECURE_HSTS_SECONDS"] == 31_536_000
    assert told["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is subdomains
    assert told["SECURE_HSTS_PRELOAD"] is preload
    assert told["SESSION_COOKIE_SECURE"] is True


def test_preloading_without_subdomains_stops_the_start(tmp_path):
    done = run(tmp_path, HTTPS="1", HSTS_PRELOAD="1")
    assert done.returncode
    assert "HSTS_PRELOAD needs HSTS_SUBDOMAINS=1" in done.stderr


@pytest.mark.parametrize(
    ("env", "proxies"),
    [({}, 0), ({"HTTPS": "1"}, 1), ({"HTTPS": "1", "PROXIES": "2"}, 2), ({"PROXIES": "1"}, 1)],
)
def test_one_proxy_is_believed_with_https_as_before(tmp_path, env, proxies):
    assert json.loads(run(tmp_path, **env).stdout)["PROXIES"] == proxies
