"""Write and undo genres in tags, kill the program at random moments, and look at every file.

    python -m scripts.trials.killed_writes --files 60 --kills 200

Each round starts `genre apply` or `genre undo` and ends it by SIGKILL some moments later. After
each, every file must be the old one or the new one: its sound and its other tags as they were, its
genre as before or as planned. At the end all is written, then undone, and no draft is left.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import mutagen

from ml.collection.digests import Digests
from ml.collection.plan import Head, Line, write_plan
from ml.collection.tags import GENRE, Fields, read_tags
from scripts.testbed import sound

SUFFIXES = ("mp3", "flac", "ogg", "opus", "m4a", "wav")


@dataclass(frozen=True)
class Expected:
    """What a file must be: its sound, its other tags, and its genre as before or as planned."""

    audio: str
    others: str
    before: Fields
    after: Fields


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder to work in (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as name:
        return trial(Path(name), options.files, options.kills, random.Random(options.seed))


def trial(folder: Path, n: int, kills: int, rng: random.Random) -> int:
    """Run all rounds and report; returns the exit code."""
    music, plan, store = folder / "music", folder / "plan.jsonl", folder / "store.sqlite3"
    faults: list[str] = []
    found: Counter[str] = Counter()
    with Digests() as digests:
        expected = make(music, n, plan, digests)
        began = time.monotonic()
        run(("apply", str(plan)), store, None)
        takes_s = time.monotonic() - began
        for number in range(kills):
            command = ("undo",) if number % 2 == 0 else ("apply", str(plan))
            killed = run(command, store, rng.uniform(0.1 * takes_s, takes_s))
            found["killed" if killed else "ended by itself"] += 1
            faults += [f"round {number}: {fault}" for fault in look(expected, digests, found)]
        for command, wanted in ((("apply", str(plan)), "new"), (("undo",), "old")):
            while run(command, store, None) == 0 and command[0] == "undo":
                pass  # a plan's rows are one batch, so that this ends at the second
            states: Counter[str] = Counter()
            faults += look(expected, digests, states)
            if states[wanted] != n:
                faults.append(f"after {command[0]}: {dict(states)} instead of {n} {wanted}")
    drafts = [path.name for path in music.rglob(".*")]
    faults += [f"a draft is left: {name}" for name in drafts]
    print(f"{n} files, {kills} rounds: {found['killed']} killed, "
          f"{found['ended by itself']} ended by themselves")  # fmt: skip
    print(f"looked at {found['old'] + found['new']:,} times: {found['old']:,} old, "
          f"{found['new']:,} new, {len(faults)} faults")  # fmt: skip
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


def make(music: Path, n: int, plan: Path, digests: Digests) -> dict[Path, Expected]:
    """Make files with tags, and a plan that writes a genre into each."""
    music.mkdir(parents=True)
    head = Head(
        genre_plan=1, id="trial", made="", model="trial", weights="0" * 64, budget=None, least=None
    )
    lines, expected = [], {}
    for i in range(n):
        path = sound.write(music / f"{i:03}.{SUFFIXES[i % len(SUFFIXES)]}", sound.chord(4.0))
        tag(path, i)
        tags, audio = read_tags(path), digests.of(path)
        line = Line(
            path=str(path), write="Jazz", now=tags.genres, confidence=0.9, right=0.8,
            audio=audio, tags=tags.others, fields=tags.fields,
        )  # fmt: skip
        lines.append(line)
        expected[path] = Expected(audio, tags.others, tags.fields, line.wanted(head))
    write_plan(plan, head, lines)
    return expected


def tag(path: Path, i: int) -> None:
    """Give a file a title, and every second one a genre."""
    file = mutagen.File(path, easy=path.suffix != ".wav")
    if file.tags is None:
        file.add_tags()
    if path.suffix == ".wav":
        file.tags.add(mutagen.id3.TIT2(3, [f"Song {i}"]))
    else:
        file["title"] = f"Song {i} - é 夜"
        if i % 2:
            file["genre"] = "Blues"
    file.save()


def run(command: tuple[str, ...], store: Path, kill_after_s: float | None) -> bool | int:
    """Run a command; returns whether it was killed, or its exit code where it was not to be."""
    process = subprocess.Popen(
        (sys.executable, "-m", "ml.terminal.main", *command, "--store", str(store)),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if kill_after_s is None:
        return process.wait()
    time.sleep(kill_after_s)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def look(expected: dict[Path, Expected], digests: Digests, found: Counter[str]) -> list[str]:
    """Look at every file; returns what is wrong, and counts the old and the new ones."""
    faults = []
    for path, wanted in expected.items():
        try:
            tags, audio = read_tags(path), digests.of(path)
        except Exception as error:  # whatever it is, it is a fault
            faults.append(f"{path.name}: {error!r}")
            continue
        if audio != wanted.audio or tags.others != wanted.others:
            faults.append(f"{path.name}: its sound or other tags changed")
        elif tags.fields == wanted.after:
            found["new"] += 1
        elif tags.fields == wanted.before:
            found["old"] += 1
        else:
            faults.append(f"{path.name}: its genre is {tags.fields.get(GENRE)}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
