"""requirements.lock: exact versions with hashes, within the ranges, for every Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "requirements.lock").read_text()
PINS = [Requirement(line.rstrip("\\ ")) for line in TEXT.splitlines() if re.match(r"[a-z]", line)]
PYTHONS = ("3.11", "3.12", "3.13")


def ranges() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned(name: str, python: str) -> str:
    """The version of a package on a Python, on Linux; "" for none."""
    machine = {
        "python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix",
        "platform_python_implementation": "CPython", "implementation_name": "cpython", "extra": "",
    }  # fmt: skip
    found = [
        next(iter(pin.specifier)).version
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(machine))
    ]
    assert len(found) <= 1, (name, found)
    return found[0] if found else ""


@pytest.mark.parametrize("python", PYTHONS)
def test_it_satisfies_every_range(python):
    """Where this fails after a change of requirements.txt: scripts/lock"""
    for wanted in ranges():
        if wanted.name != "yt-dlp":
            version = pinned(wanted.name, python)
            assert version, f"{wanted.name} is not locked"
            assert wanted.specifier.contains(version, prereleases=True), (wanted, version)


def test_every_version_is_exact_and_has_hashes():
    blocks = re.split(r"\n(?=[a-z])", TEXT.strip())
    assert len(blocks) == len(PINS)
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==\S+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_ytdlp_is_a_floor_and_locked_nowhere():
    assert not any(pin.name in ("yt-dlp", "yt-dlp-ejs", "deno") for pin in PINS)
    (floor,) = [wanted for wanted in ranges() if wanted.name == "yt-dlp"]
    assert [part.operator for part in floor.specifier] == [">="]


def test_it_says_nothing_of_where_it_was_made():
    assert "://" not in TEXT
    assert not re.search(r"^(-|--)", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize(("lock", "times"), [("1", 1), ("0", 0)])
def test_the_scripts_install_it_before_the_ranges_and_once(tmp_path, lock, times):
    """With a Python that only notes what it is asked for."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "_setup.sh", tmp_path / "scripts")
    for path in [*ROOT.glob("requirements*.txt"), ROOT / "requirements.lock"]:
        shutil.copy(path, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    python.chmod(0o755)
    for _ in range(2):
        subprocess.run(
            ["bash", "-c", "source scripts/_setup.sh; setup requirements.txt"],
            cwd=tmp_path,
            env={"PATH": os.defpath, "LOCK": lock},
            check=True,
        )
    asked = (tmp_path / "asked").read_text().splitlines()
    assert sum("--require-hashes -r requirements.lock" in line for line in asked) == times
    assert asked[0].endswith("--upgrade pip")
    assert asked[-1].endswith("-r requirements.txt")
    assert len(asked) == 2 + times
