"""Processes of a running site, found in /proc from the first one that was started."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_COMMANDS = ("run_workers", "qcluster")


def children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [below for child in found for below in descendants(child)]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def is_alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def gunicorn_main(root: int) -> int | None:
    """Return the process that gunicorn's workers are children of."""
    found = [pid for pid in descendants(root) if "gunicorn" in command(pid)]
    return next((pid for pid in found if set(children(pid)) & set(found)), None)


def workers_main(root: int) -> int | None:
    """Return the first process of the worker command."""
    found = descendants(root)
    return next((pid for pid in found if any(w in command(pid) for w in WORKER_COMMANDS)), None)
