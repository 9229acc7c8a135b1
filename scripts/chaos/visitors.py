"""Visitors who send files and choose tracks while things break."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.testbed import sound
from scripts.testbed.browser import Unexpected
from scripts.testbed.visitor import Visitor

SECONDS = (3.0, 20.0)  # the shortest and the longest file
RATE_HZ = 16_000


@dataclass
class Asked:
    """What became of the requests; `accepted` has the ids of the answers' pages."""

    accepted: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    def refuse(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1


class Visitors(threading.Thread):
    """Three visitors in turn, one request every `pause_s` seconds, each file another one."""

    def __init__(self, url: str, folder: Path, seed: int, pause_s: float):
        super().__init__(name="visitors", daemon=True)
        self.asked = Asked()
        self._url = url
        self._folder = folder
        self._rng = np.random.default_rng(seed)
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._may_ask = threading.Event()
        self._may_ask.set()

    def run(self) -> None:
        visitors = [Visitor(self._url) for _ in range(3)]
        n = 0
        while not self._stopping.is_set():
            self._may_ask.wait()
            visitor = visitors[n % len(visitors)]
            try:
                # The library has ten tracks: after these a track is answered already.
                ask = visitor.choose(n) if n % 4 == 3 else visitor.send(self._file(n))
                self.asked.accepted.append(ask)
            except Unexpected as error:
                self.asked.refuse(str(error.status))
            except (OSError, http.client.HTTPException) as error:
                self.asked.refuse(type(error).__name__)
            n += 1
            self._stopping.wait(self._pause_s)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Have nobody ask meanwhile."""
        self._may_ask.clear()
        try:
            yield
        finally:
            self._may_ask.set()

    def stop(self) -> Asked:
        self._stopping.set()
        self.join(60)
        return self.asked

    def _file(self, n: int) -> Path:
        seconds = self._rng.uniform(*SECONDS)
        noise = 0.1 * self._rng.standard_normal(int(seconds * RATE_HZ))
        path = self._folder / f"{n}.wav"
        return sound.write(path, noise.astype(np.float32), rate_hz=RATE_HZ)
