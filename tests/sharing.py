"""Something costly that all processes of a test run use together."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL_S = 0.1


@contextlib.contextmanager
def shared(
    folder: Path, make: Callable[[], dict], end: Callable[[], None] | None = None
) -> Iterator:
    """What `make` gave (JSON) to the first process that came; it also ends it, after the others.

    The locks are the kernel's: a process that dies gives its own back, so nobody waits for it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    value_file = folder / "value.json"
    with (folder / "in-use").open("w") as in_use:
        with _alone(folder):
            is_first = not value_file.exists()
            if is_first:
                value_file.write_text(json.dumps(make()))
            value = json.loads(value_file.read_text())
            fcntl.flock(in_use, fcntl.LOCK_SH)
        try:
            yield value
        finally:
            fcntl.flock(in_use, fcntl.LOCK_UN)
            if is_first and end is not None:
                while not _ended(folder, in_use, end):
                    time.sleep(POLL_S)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "door").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _ended(folder: Path, in_use, end: Callable[[], None]) -> bool:
    """End it, unless another process uses it. Who comes later makes a new one."""
    with _alone(folder):
        try:
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        (folder / "value.json").unlink()
        end()
        return True
