"""Run a task in a child process, which is killed at its deadline."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, cast

import numpy as np

from .config import Config
from .failures import FAILURES, YouTubeFailure

ROOT = Path(__file__).resolve().parents[4]
COMMAND = [sys.executable, "-m", "classifier.sources.youtube.ytdlp.child"]
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_EVENT_BYTES = 16 * 1024 * 1024  # half a minute at 48 kHz is 6 MB
# What the child may know of this process's environment: neither a secret key nor a proxy's password
# nor a database's. What it must know of the settings comes in its task.
ENVIRONMENT = re.compile(
    r"PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|VIRTUAL_ENV|PYTHON\w*|(DY)?LD_LIBRARY_PATH"
    r"|SSL_CERT_(FILE|DIR)|XDG_\w+|DENO_DIR|(HTTPS?|ALL|NO)_PROXY",
    re.IGNORECASE,
)

_spare: subprocess.Popen | None = None
_lock = threading.Lock()


def run(task: str, config: Config, arguments: dict, seconds: float) -> Iterator[dict]:
    """Yield the events of a task as they come; a "window" has its "samples" as float32.

    Raises YouTubeFailure; after `seconds` the child is killed, and what it started with it.
    """
    child = _take()
    deadline = time.monotonic() + seconds
    stdin, stdout = _pipes(child)
    pipe = _Pipe(stdout, deadline)
    try:
        order = {
            "task": task,
            "config": asdict(config),
            "arguments": arguments,
            "seconds": seconds,
        }
        _write(stdin, json.dumps(order).encode() + b"\n", deadline)
        yield from _events(pipe)  # stdin stays open: the child ends when this process does
    except BrokenPipeError:
        raise YouTubeFailure("unknown", "the child process died") from None
    finally:
        pipe.close()
        _end(child)
        # Now and not at the beginning, where its imports would have slowed the task.
        warm()


def warm() -> None:
    """Start a spare child that has its imports done, so that the next task begins at once."""
    global _spare
    with _lock:
        if _spare is None or _spare.poll() is not None:
            _spare = _start()


def spare_pid() -> int | None:
    """Of the child that waits, whether it still lives or not."""
    with _lock:
        return None if _spare is None else _spare.pid


def end_spare() -> None:
    """End the child that waits, if one does."""
    global _spare
    with _lock:
        child, _spare = _spare, None
    if child is not None:
        _end(child)


def _take() -> subprocess.Popen:
    global _spare
    with _lock:
        child, _spare = _spare, None
    if child is None or child.poll() is not None:
        child = _start()
    return child


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={name: value for name, value in os.environ.items() if ENVIRONMENT.fullmatch(name)},
        start_new_session=True,  # so that a JavaScript runtime it started can be killed with it
    )


def _pipes(child: subprocess.Popen) -> tuple[IO[bytes], IO[bytes]]:
    """Return stdin and stdout, which `_start` gives every child."""
    return cast("tuple[IO[bytes], IO[bytes]]", (child.stdin, child.stdout))


def _end(child: subprocess.Popen) -> None:
    # Also when it has ended by itself: what it started may live on. Until it is waited for, its
    # number belongs to nobody else.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in _pipes(child):
        pipe.close()


def _forget_spare() -> None:
    """After a fork, drop the spare child: it is the parent's, and must see the parent end."""
    global _spare, _lock
    _lock = threading.Lock()
    if _spare is not None:
        for pipe in _pipes(_spare):
            pipe.close()
        _spare.returncode = 0  # not this process's to wait for
        _spare = None


os.register_at_fork(after_in_child=_forget_spare)


def _write(file: IO[bytes], data: bytes, deadline: float) -> None:
    """Write all data or fail at the deadline: a pipe holds less than a large cookies file."""
    os.set_blocking(file.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_WRITE)
        while data:
            if not selector.select(max(0, deadline - time.monotonic())):
                raise YouTubeFailure("timeout", "the child process did not take its task")
            data = data[os.write(file.fileno(), data) :]


def _events(pipe: _Pipe) -> Iterator[dict]:
    while (event := _event(pipe))["event"] != "done":
        yield event


def _event(pipe: _Pipe) -> dict:
    """Read the next event; a malformed one is a failure of the child."""
    try:
        event = json.loads(pipe.line())
        if event["event"] == "failure":
            kind = event["kind"] if event["kind"] in FAILURES else "unknown"
            raise YouTubeFailure(kind, str(event["detail"]))
        if event["event"] == "window":
            event["samples"] = np.frombuffer(pipe.exactly(4 * event["n"]), np.float32)
        return event
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise YouTubeFailure(
            "unknown", f"the child process sent a malformed event: {error!r}"
        ) from None


class _Pipe:
    """Reads lines and bytes from a pipe until a deadline."""

    def __init__(self, file: IO[bytes], deadline: float):
        self._fd = file.fileno()
        self._deadline = deadline
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(file, selectors.EVENT_READ)

    def close(self) -> None:
        self._selector.close()  # its descriptor would wait for the garbage collector otherwise

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise YouTubeFailure("unknown", "the child process said too much")
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def exactly(self, size: int) -> bytes:
        if not 0 <= size <= MAX_EVENT_BYTES:
            raise YouTubeFailure("unknown", "the child process said too much")
        parts, missing = [self._buffer[:size]], size - len(self._buffer[:size])
        self._buffer = self._buffer[size:]
        while missing > 0:
            self._more()
            part, self._buffer = self._buffer[:missing], self._buffer[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _more(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not self._selector.select(left):
            raise YouTubeFailure("timeout", "the deadline has passed; the child was killed")
        data = os.read(self._fd, 1 << 20)
        if not data:
            raise YouTubeFailure("unknown", "the child process died")
        self._buffer += data
