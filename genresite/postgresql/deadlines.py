"""Deadlines on the client's side, for a server or a network that does not answer at all.

A server that is alive ends a long query by itself (statement_timeout). One that is frozen, or
behind a network that swallows packets, ends nothing: its kernel may even go on acknowledging.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from psycopg import OperationalError

T = TypeVar("T")

PAUSE_S = 5.0


class NoAnswer(OperationalError):
    """The server was silent for as long as it is waited for."""


class Breaker:
    """Fail at once for a while after the server was silent, instead of waiting in every thread.

    When the pause is over one caller may try, and the others still fail until it has an answer.
    """

    def __init__(self, pause_s: float = PAUSE_S):
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._closed_until = 0.0  # 0 where all is well

    @contextmanager
    def guarding(self, patience_s: float, *, silence: type[Exception]) -> Iterator[None]:
        """Do something that takes `patience_s` at most and raises `silence` without an answer.

        Raises OperationalError during a pause.
        """
        self._admit(patience_s)
        try:
            yield
        except silence:
            self._close(time.monotonic() + self._pause_s)
            raise
        except BaseException:  # an answer too, or the server has hung up
            self._open()
            raise
        self._open()

    def _admit(self, patience_s: float) -> None:
        with self._lock:
            if not self._closed_until:
                return
            now = time.monotonic()
            if now < self._closed_until:
                raise OperationalError("the database was silent a moment ago and is not asked")
            self._closed_until = now + patience_s + self._pause_s

    def _close(self, until: float) -> None:
        with self._lock:
            self._closed_until = until

    def _open(self) -> None:
        if self._closed_until:
            self._close(0.0)


def bounded(steps: Generator[Any, Any, T], patience_s: float) -> Generator[Any, Any, T]:
    """Go through psycopg's steps of an operation, but raise NoAnswer when they take too long.

    psycopg waits a tenth of a second at most before it resumes a generator, answer or not.
    """
    deadline = time.monotonic() + patience_s
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise NoAnswer("the database did not answer in time")
            wanted = steps.send(ready)
    except StopIteration as end:
        return end.value
