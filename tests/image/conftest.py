"""The image, built once for all tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.testbed.site import ROOT
from tests.needs import need

from .container import Image, buildah

AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
# Of this machine's settings for pip, those that mean something in another root.
PIP_SETTINGS = {"index-url", "trusted-host", "proxy", "timeout"}


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    base = need("image_builder")
    if os.getuid() != 0:
        pytest.skip("only root can start a container without an engine")
    tag = f"localhost/genresite:test-{os.getpid()}"
    arguments = [
        "--isolation=chroot",
        "--format=docker",
        f"--build-arg=BASE={base}",
        f"--tag={tag}",
    ]
    if AUTHORITIES.exists():  # those that this machine trusts, for an index behind a proxy
        arguments.append(f"--volume={AUTHORITIES}:{AUTHORITIES}:ro")
    arguments.append(f"--secret=id=pip.conf,src={pip_conf(tmp_path_factory.mktemp('pip'))}")
    buildah("bud", *arguments, str(ROOT))
    built = Image(tag)
    yield built
    built.remove()
    buildah("rmi", "--force", tag)


def pip_conf(folder: Path) -> Path:
    lines = ["[global]", f"cert = {AUTHORITIES}"] if AUTHORITIES.exists() else ["[global]"]
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout
    for line in told.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in PIP_SETTINGS:
            lines.append(f"{name} = {value.strip(chr(39))}")
    path = folder / "pip.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def volume(tmp_path):
    """As an engine makes a new one: with the rights that the image's folder has."""
    folder = tmp_path / "volume"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder
