"""python -m scripts.chaos [--database postgresql] [--seconds 120] [--seed 1] [--json FILE]

Starts a site of its own on this machine, as scripts/serve does, with visitors, breaks it in one way
after the other, lets it settle, and counts. The exit code is 1 if a song that was accepted is lost
or stuck, or stands twice in a history.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from scripts.testbed.postgres import Cluster
from scripts.testbed.site import Site

from . import count
from .breaks import Breaker
from .database import Database
from .visitors import Visitors

HONCHO = [sys.executable, "-m", "honcho", "-f", "scripts/Procfile", "start"]
UNLIMITED = dict.fromkeys(
    ("JOBS_PER_HOUR", "JOBS_PER_HOUR_IN_ALL", "SEARCHES_PER_MINUTE", "JOBS_AT_ONCE"), "0"
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        folder.chmod(0o711)
        cluster = None
        if options.database == "postgresql":
            cluster = Cluster()
            stack.callback(cluster.remove)
            cluster.make().start()
        result = run(folder, cluster, options)
    print("\n".join(as_table(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return int(bool(result["stuck"] or result["lost"] or result["twice in history"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.chaos", description=__doc__.partition("\n\n")[2]
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument(
        "--seconds", type=float, default=120.0, help="for how long, at least in each way once"
    )
    parser.add_argument("--settle", type=float, default=240.0, help="the longest it may then take")
    parser.add_argument("--every", type=float, default=6.0, help="seconds between two breaks")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", help="break in these ways only")
    parser.add_argument("--json", type=Path, help="write the result to this file as well")
    parser.add_argument(
        "--checkout", type=Path, help="break this checkout instead, 0.2.0 say (then install honcho)"
    )
    return parser


def run(folder: Path, cluster: Cluster | None, options: argparse.Namespace) -> dict:
    data, files = folder / "data", folder / "files"
    data.mkdir()
    files.mkdir()
    environment = {**UNLIMITED, "WORKERS": str(options.workers), "YOUTUBE_ENABLED": "0"}
    if cluster:
        environment["DATABASE_URL"] = cluster.url
    site = Site(data, **environment)
    if options.checkout:
        site.root, site.serve = options.checkout, HONCHO
    site.start().wait_until_ready()
    try:
        return _break(site, files, cluster, options)
    finally:
        site.stop()


def _break(site: Site, files: Path, cluster: Cluster | None, options: argparse.Namespace) -> dict:
    database = Database(site.folder, cluster.url if cluster else "")
    visitors = Visitors(site.url, files, options.seed, options.pause)
    breaker = Breaker(site, database, visitors, random.Random(options.seed), cluster)
    visitors.start()
    begin = time.monotonic()
    kinds = _shuffled(options.kinds or breaker.kinds(), breaker.rng)
    # In each way once, however long that takes; then again until the time is over.
    while kinds or time.monotonic() - begin < options.seconds:
        kinds = kinds or _shuffled(options.kinds or breaker.kinds(), breaker.rng)
        breaker.break_one(kinds.pop())
        time.sleep(options.every)
    asked = visitors.stop()
    settled_s = count.settle(database, options.settle)
    again = breaker.taken_again_s
    return {
        "database": options.database,
        "seed": options.seed,
        "broken": dict(sorted(breaker.done.items())),
        **count.outcome(database, asked, site.folder),
        "settled after, s": settled_s,
        "killed to taken again, s": again,
        "median": round(median(again), 1) if again else None,
        "longest": max(again, default=None),
    }


def _shuffled(kinds: Sequence[str], rng: random.Random) -> list[str]:
    found = list(kinds)
    rng.shuffle(found)
    return found


def as_table(result: dict) -> list[str]:
    return [f"{name:28} {_plain(value)}" for name, value in result.items()]


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {n}" for name, n in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
