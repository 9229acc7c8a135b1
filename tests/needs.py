"""What some tests need of the machine. Where it is missing they are skipped, and say what to do.

A test says so with a marker of the same name. With REQUIRE_BROWSER=1, REQUIRE_POSTGRES=1 and so on,
a test that would be skipped fails instead: continuous integration must not pass by skipping.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

from ml.sandbox import trial
from scripts.testbed import postgres


@dataclass(frozen=True)
class Need:
    find: Callable[[], str | None]
    missing: str


def _program(*names: str) -> Callable[[], str | None]:
    return lambda: next(filter(None, map(shutil.which, names)), None)


def _measure(name: str) -> Callable[[], str | None]:
    return lambda: name if name in trial.measures() else None


NEEDS = {
    "full": Need(
        lambda: find_spec("tensorflow") and "tensorflow",
        "TensorFlow is not installed: this is the light set of requirements",
    ),
    "browser": Need(
        _program("chromium", "google-chrome"),
        "no Chromium was found (on Debian: apt-get install chromium)",
    ),
    "postgres": Need(
        lambda: os.environ.get("TEST_POSTGRES_URL"),
        "TEST_POSTGRES_URL names no server (for example postgres://postgres@127.0.0.1/postgres)",
    ),
    "postgres_programs": Need(
        postgres.programs, "no initdb was found (on Debian: apt-get install postgresql)"
    ),
    "redis": Need(lambda: os.environ.get("TEST_REDIS_URL"), "TEST_REDIS_URL names no Redis"),
    "landlock": Need(_measure("landlock"), "this kernel offers no Landlock"),
    "seccomp": Need(_measure("seccomp"), "this kernel offers no seccomp filters"),
    "nginx": Need(
        _program("nginx"),
        "no nginx was found (on Debian: apt-get install nginx-light)",
    ),
    "image_builder": Need(
        lambda: shutil.which("buildah") and os.environ.get("TEST_IMAGE_BASE"),
        "buildah was not found, or TEST_IMAGE_BASE names no image to build on (see .ci/run)",
    ),
}


def need(name: str) -> str:
    """Where it is: the path of a program or the address of a service. Skips the test without it."""
    found = NEEDS[name].find()
    if not found:
        variable = f"REQUIRE_{name.upper()}"
        if os.environ.get(variable):
            pytest.fail(f"{variable} is set, but {NEEDS[name].missing}", pytrace=False)
        pytest.skip(NEEDS[name].missing)
    return found
