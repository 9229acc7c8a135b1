"""A folder of music: heard for the first time, again, and taken into a site.

By the programs as an operator starts them, each in a process of its own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES, CLIP_S = 120, 30.0
LIBRARY = Path(__file__).parents[2] / "classifier" / "library"


def measure() -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder / "music")
        env = os.environ | {
            "DATA_DIR": str(folder / "data"),
            "GENRE_STORE": str(folder / "store.sqlite3"),
            "DJANGO_SETTINGS_MODULE": "genresite.settings",
        }
        found: dict = {"files": FILES, "file_s": CLIP_S}
        music, plan = str(folder / "music"), str(folder / "plan.jsonl")
        genre = ["-m", "ml.terminal.main"]
        run(["manage.py", "migrate", "-v0"], env)
        for step, command in (
            ("first", [*genre, "classify", music]),
            ("again", [*genre, "classify", music]),
            ("plan", [*genre, "plan", music, "--out", plan]),
            ("apply", [*genre, "apply", plan]),
            ("undo", [*genre, "undo"]),
            ("index", ["manage.py", "index", music, "--no-listening"]),
            ("index again", ["manage.py", "index", music, "--no-listening"]),
        ):
            seconds = run(command, env)
            found[f"{step}_s"] = round(seconds, 1)
            found[f"{step}_per_min"] = round(FILES / seconds * 60)
            if step == "first":
                # Of the largest process, and of it alone: its decoders are small beside it.
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
                found["first_peak_mb"] = round(peak * 1024 / 1e6)
    return found


def make_files(folder: Path) -> None:
    """The demo tracks, each louder or softer, as a sound that is known is heard once alone."""
    from ml.audio.decode import decode
    from scripts.testbed import sound

    folder.mkdir()
    tracks = sorted(LIBRARY.glob("*.mp3"))
    for at, track in enumerate(tracks):
        samples = decode(track, rate_hz=sound.RATE_HZ)[: int(CLIP_S * sound.RATE_HZ)]
        for i in range(at, FILES, len(tracks)):
            sound.write(folder / f"clip-{i:03}.mp3", samples * (0.5 + 0.5 * i / FILES))


def run(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], env=env, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began
