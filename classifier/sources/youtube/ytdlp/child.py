"""The child process: read one task from stdin, write events to stdout, end.

    {"task": "search" | "playlist" | "fetch", "config": {...}, "arguments": {...}, "seconds": 60}

Events are lines of JSON; a "window" line is followed by its samples, raw float32. The parent keeps
stdin open for as long as it wants the answer: at its end this process ends, with all it started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ml.sandbox.children import clear_folder
from ml.sandbox.limits import be_killed_first

from . import confinement, guard, media, playlist, search
from .config import Config
from .failures import YouTubeFailure, without_secrets


def main() -> None:
    # yt-dlp and what it starts may print; what they print must not mix with the events.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # It connects through a C library, where the guard sees nothing; YouTube does not need it.
    # The stubs know only modules here; None is what the import system takes for "not to be found".
    sys.modules["curl_cffi"] = None  # type: ignore[assignment]
    if len(sys.argv) > 1:
        confinement.use_release(*sys.argv[1:])
    media.warm_up()  # before there is a task: a waiting child is a warm one

    line = sys.stdin.readline()
    if not line:
        clear_folder()
        return
    task = json.loads(line)
    be_killed_first()
    # Before there is a second thread, which it would not hold for.
    confinement.confine(Config(**task["config"]), task["seconds"])
    # Should the parent be gone or stuck, nobody else ends this process.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.alarm(int(task["seconds"]) + 5)
    guard.install(task["config"]["proxy"])

    def emit(event: str, samples: np.ndarray | None = None, **values: Any) -> None:
        if samples is not None:
            values["n"] = int(samples.size)
        events.write(json.dumps({"event": event, **values}).encode() + b"\n")
        if samples is not None:
            events.write(samples.astype(np.float32).tobytes())
        events.flush()

    perform(task, emit)


def _end_with_parent() -> None:
    # os.read and not sys.stdin: a thread inside a buffered reader is fatal when Python ends.
    while os.read(0, 1):
        pass
    clear_folder()  # else the parent's part
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def perform(task: dict, emit: Callable[..., None]) -> None:
    """Do one task; its last event is "done" or a "failure", whatever happens."""
    try:
        run(task, emit)
        emit("done")
        return
    except YouTubeFailure as failure:
        kind, detail = failure.kind, failure.detail
    except TimeoutError as error:
        kind, detail = "timeout", repr(error)
    except Exception as error:
        kind, detail = "unknown", f"{type(error).__name__}: {error}"
    emit("failure", kind=kind, detail=without_secrets(detail, Config(**task["config"])))


def run(task: dict, emit: Callable[..., None]) -> None:
    """Do one task in this process."""
    config = Config(**task["config"])
    arguments = task["arguments"]
    if task["task"] == "search":
        emit("found", entries=search.search(config, **arguments))
    elif task["task"] == "playlist":
        emit("listed", **playlist.contents(config, **arguments))
    else:
        deadline = time.monotonic() + task["seconds"]
        media.fetch(config, emit=emit, deadline=deadline, **arguments)


if __name__ == "__main__":
    main()
