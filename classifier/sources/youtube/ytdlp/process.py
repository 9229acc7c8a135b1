"""Run a task in a child process, which is killed at its deadline."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ml.sandbox.children import (
    Child,
    ChildError,
    ChildTimeout,
    Pipe,
    Spare,
    environment,
    python,
)

from . import releases
from .config import Config
from .failures import FAILURES, YouTubeFailure

COMMAND = python("classifier.sources.youtube.ytdlp.child")
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_EVENT_BYTES = 16 * 1024 * 1024  # half a minute at 48 kHz is 6 MB
# What the child is told of this process's environment besides where Python's modules are. Neither a
# secret key nor a database's nor a proxy's address is among it: those it must know, the proxy and
# its password, come in its task through a pipe.
ENVIRONMENT = re.compile(r"PATH|LANG|LC_\w+|TZ|SSL_CERT_(FILE|DIR)")


def run(task: str, config: Config, arguments: dict, seconds: float) -> Iterator[dict]:
    """Yield the events of a task as they come; a "window" has its "samples" as float32.

    Raises YouTubeFailure; after `seconds` the child is killed, and what it started with it.
    """
    if _started_with != releases.path():
        _spare.end()  # it has another yt-dlp than the one to use
    child = _spare.take()
    deadline = time.monotonic() + seconds
    pipe = Pipe(child, deadline, longest_line=MAX_LINE_BYTES, largest=MAX_EVENT_BYTES)
    try:
        order = {
            "task": task,
            "config": asdict(config),
            "arguments": arguments,
            "seconds": seconds,
        }
        pipe.write(json.dumps(order).encode() + b"\n")
        yield from _events(pipe)  # stdin stays open: the child ends when this process does
    except ChildTimeout as error:
        raise YouTubeFailure("timeout", str(error)) from None
    except ChildError as error:
        raise YouTubeFailure("unknown", str(error)) from None
    finally:
        pipe.close()
        child.end()
        # Now and not at the beginning, where its imports would have slowed the task.
        warm()


def warm() -> None:
    """Start a spare child that has its imports done, so that the next task begins at once."""
    _spare.warm()


def spare_pid() -> int | None:
    """Of the child that waits, whether it still lives or not."""
    return _spare.pid()


def end_spare() -> None:
    """End the child that waits, if one does."""
    _spare.end()


def _start() -> Child:
    global _started_with
    told = {name: value for name, value in os.environ.items() if ENVIRONMENT.fullmatch(name)}
    _started_with = releases.path()
    # It is imported once the child is confined, and nothing of it in place of the child's own code.
    release = releases.told(_started_with) if _started_with else []
    return Child([*COMMAND, *release], environment(**told))


_spare = Spare(_start)
_started_with: Path | None = None  # the release that the child that waits has


def _events(pipe: Pipe) -> Iterator[dict]:
    while (event := _event(pipe))["event"] != "done":
        yield event


def _event(pipe: Pipe) -> dict:
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
