"""Classify a large folder, kill it twice, and see that every file is told once.

    python -m scripts.trials.many_files --files 10000

The files are made here: some seconds of made-up sound, in four formats, no two alike. `genre
classify` hears them, is killed by SIGKILL after a third and after two thirds, and is started again.
Exits with 1 if a file is missing, told twice, or was heard more often than what a kill loses.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from ml.cpus import available_cpus
from scripts.testbed import sound

SUFFIXES = ("mp3", "flac", "ogg", "wav")
A_FOLDER = 500  # files
SECONDS = 3.1  # one patch of the network
LOST_BY_A_KILL = 8  # files that are under way


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--work", type=Path, help="folder to work in (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as name:
        folder = Path(name)
        make_files(folder / "music", options.files)
        return trial(folder, options.files)


def make_files(folder: Path, n: int) -> None:
    """Make n files of sound, no two alike, with progress on stderr."""
    rng = np.random.default_rng(0)
    chord = sound.chord(SECONDS)
    for i in range(n):
        path = folder / f"{i // A_FOLDER:03}" / f"song {i:05}.{SUFFIXES[i % len(SUFFIXES)]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = rng.normal(0, 0.02 + 0.1 * rng.random(), chord.size).astype(np.float32)
        sound.write(path, chord * rng.uniform(0.2, 1.5) + noise)
        if i % 1000 == 999:
            print(f"{i + 1:,} files made", file=sys.stderr)


def trial(folder: Path, n: int) -> int:
    """Run the commands and report; returns the exit code."""
    store, out = folder / "store.sqlite3", folder / "out.jsonl"
    began, heard, peaks = time.monotonic(), 0, []
    for part in (1 / 3, 2 / 3, None):
        process = start(folder / "music", store, out)
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_mb(process.pid))
            if part is not None and kept(store) >= part * n:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            time.sleep(0.05)
        peaks.append(peak)
        if part is None and process.returncode:
            print(f"the last run ended with {process.returncode}")
            return 1
    seconds = time.monotonic() - began
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    paths = [row["path"] for row in rows]
    there = {str(path) for path in (folder / "music").rglob("*.*")}
    heard = answers(store)
    began = time.monotonic()
    start(folder / "music", store, out).wait()
    again = time.monotonic() - began
    print(f"{n:,} files of {SECONDS:g} s, killed twice, on {available_cpus()} cores")
    print(f"told once: {len(set(paths)):,}; told twice: {len(paths) - len(set(paths))}; "
          f"missing: {len(there - set(paths))}")  # fmt: skip
    print(f"sounds kept: {heard:,}")
    print(f"{seconds:.0f} s in all, {n / seconds * 60:.0f} files a minute with three starts; "
          f"peak {max(peaks)} MB with its decoders")  # fmt: skip
    print(f"once more, nothing new: {again:.1f} s")
    good = sorted(paths) == sorted(there) and n <= heard <= n + LOST_BY_A_KILL
    return 0 if good and len(rows) == n else 1


def start(music: Path, store: Path, out: Path) -> subprocess.Popen:
    command = (
        sys.executable, "-m", "ml.terminal.main", "classify", str(music),
        "--json", "--store", str(store), "--out", str(out),
    )  # fmt: skip
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


def kept(store: Path) -> int:
    """How many files are kept in the store; 0 while there is none."""
    return _count(store, "SELECT count(*) FROM file")


def answers(store: Path) -> int:
    return _count(store, "SELECT count(*) FROM answer")


def _count(store: Path, query: str) -> int:
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchone()[0]
    except sqlite3.Error:
        return 0


def memory_mb(group: int) -> int:
    """The memory of a process group, in MB: each page counts once for those that share it."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) != group:
                continue
            told = (process / "smaps_rollup").read_text()
        except (OSError, ValueError):
            continue
        total += int(told.split("Pss:")[1].split()[0])
    return total // 1024


if __name__ == "__main__":
    sys.exit(main())
