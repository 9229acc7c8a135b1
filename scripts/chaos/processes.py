"""Processes of a running site, found from the first one that was started."""

from __future__ import annotations

import psutil

WORKER_COMMANDS = ("run_workers", "qcluster")
GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)


def children(pid: int) -> list[int]:
    """Return the process ids of those that a process has started."""
    return [child.pid for child in _family(pid, recursive=False)]


def descendants(pid: int) -> list[int]:
    """Return those as well that its children have started, and so on."""
    return [child.pid for child in _family(pid, recursive=True)]


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid)


def gunicorn_main(root: int) -> int | None:
    """Return the process that gunicorn's workers are children of."""
    found = [child.pid for child in _family(root) if "gunicorn" in _command(child)]
    return next((pid for pid in found if set(children(pid)) & set(found)), None)


def workers_main(root: int) -> int | None:
    """Return the first process of the worker command."""
    return next(
        (
            child.pid
            for child in _family(root)
            if any(w in _command(child) for w in WORKER_COMMANDS)
        ),
        None,
    )


def _family(pid: int, *, recursive: bool = True) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=recursive)
    except GONE:
        return []


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except GONE:
        return ""
