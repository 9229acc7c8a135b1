"""The locks: exact versions with hashes, within the ranges, for every Python."""

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
SETS = ("requirements", "requirements-light")
PYTHONS = ("3.11", "3.12", "3.13")
each_set = pytest.mark.parametrize("name", SETS)


def locked(name: str) -> str:
    return (ROOT / f"{name}.lock").read_text()


def pins(name: str) -> list[Requirement]:
    lines = locked(name).splitlines()
    return [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"[a-z]", line)]


def ranges(name: str) -> list[Requirement]:
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned(package: str, of: list[Requirement], python: str) -> str:
    """The version of a package on a Python, on Linux; "" for none."""
    machine = {
        "python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix",
        "platform_python_implementation": "CPython", "implementation_name": "cpython", "extra": "",
    }  # fmt: skip
    found = [
        next(iter(pin.specifier)).version
        for pin in of
        if canonicalize_name(pin.name) == canonicalize_name(package)
        and (pin.marker is None or pin.marker.evaluate(machine))
    ]
    assert len(found) <= 1, (package, found)
    return found[0] if found else ""


@pytest.mark.parametrize("python", PYTHONS)
@each_set
def test_it_satisfies_every_range(name, python):
    """Where this fails after a change of the ranges: scripts/lock"""
    of = pins(name)
    for wanted in ranges(name):
        if wanted.name != "yt-dlp":
            version = pinned(wanted.name, of, python)
            assert version, f"{wanted.name} is not locked"
            assert wanted.specifier.contains(version, prereleases=True), (wanted, version)


def test_the_light_set_asks_for_the_same_versions_and_for_no_tensorflow():
    whole, light = ({r.name: r for r in ranges(name)} for name in SETS)
    assert set(light) - set(whole) == {"openvino"}
    assert set(whole) - set(light) == {"tensorflow", "scipy", "librosa", "scikit-learn"}
    for name in set(whole) & set(light):
        assert str(light[name]) == str(whole[name])
    for python in PYTHONS:
        for name in ("Django", "numpy", "av"):
            assert pinned(name, pins(SETS[1]), python) == pinned(name, pins(SETS[0]), python)


@each_set
def test_every_version_is_exact_and_has_hashes(name):
    blocks = re.split(r"\n(?=[a-z])", locked(name).strip())
    assert len(blocks) == len(pins(name))
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==\S+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


@each_set
def test_ytdlp_is_a_floor_and_locked_nowhere(name):
    assert not any(pin.name in ("yt-dlp", "yt-dlp-ejs", "deno") for pin in pins(name))
    (floor,) = [wanted for wanted in ranges(name) if wanted.name == "yt-dlp"]
    assert [part.operator for part in floor.specifier] == [">="]


@each_set
def test_it_says_nothing_of_where_it_was_made(name):
    assert "://" not in locked(name)
    assert not re.search(r"^(-|--)", locked(name), flags=re.MULTILINE)


@pytest.mark.parametrize(("lock", "times"), [("1", 1), ("0", 0)])
@pytest.mark.parametrize(("light", "venv"), [("0", ".venv"), ("1", ".venv-light")])
def test_the_scripts_install_it_before_the_ranges_and_once(tmp_path, light, venv, lock, times):
    """With a Python that only notes what it is asked for."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "_setup.sh", tmp_path / "scripts")
    for path in [*ROOT.glob("requirements*.txt"), *ROOT.glob("requirements*.lock")]:
        shutil.copy(path, tmp_path)
    python = tmp_path / venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    python.chmod(0o755)
    for _ in range(2):
        subprocess.run(
            ["bash", "-c", "source scripts/_setup.sh; setup $REQUIREMENTS.txt"],
            cwd=tmp_path,
            env={"PATH": os.defpath, "LOCK": lock, "LIGHT": light},
            check=True,
        )
    asked = (tmp_path / "asked").read_text().splitlines()
    name = SETS[int(light)]
    assert sum(f"--require-hashes -r {name}.lock" in line for line in asked) == times
    # First whether the machine can have it at all, in a sentence.
    assert asked[0] == "scripts/preflight.py install"
    assert asked[1].endswith("--upgrade pip")
    assert asked[-1].endswith(f"-r {name}.txt")
    assert len(asked) == 3 + times
