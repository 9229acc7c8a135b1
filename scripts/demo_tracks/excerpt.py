"""An excerpt of somebody's freely licensed recording, read out of its Debian package."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .render import RAW, decode, run


def excerpt(package: str, names: list[str], start: float, seconds: float) -> np.ndarray:
    """Seconds of a packaged recording; several names are its stems, added together.

    The package is downloaded with apt and unpacked in a temporary folder; nothing is installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        download = ["apt-get", "download", package]
        subprocess.run(download, cwd=folder, check=True, capture_output=True)
        (archive,) = Path(folder).glob("*.deb")
        run(["dpkg", "-x", str(archive), folder])
        window = ["-ss", str(start), "-t", str(seconds)]
        command = ["ffmpeg", "-nostdin", "-v", "error"]
        stems = [
            decode(run([*command, *window, "-i", str(Path(folder) / name), *RAW, "-"]).stdout)
            for name in names
        ]
    length = min(len(stem) for stem in stems)
    return sum(stem[:length] for stem in stems)
