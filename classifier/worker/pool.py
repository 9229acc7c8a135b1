"""The light process that keeps worker processes running; it loads no network and reads no database.

It starts members, starts another one when one dies, kills one whose job takes too long, and passes
signals on. What a dead member left is settled by its successor (member.py), because whatever needs
the database may have to wait for it.
"""

from __future__ import annotations

import logging
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from . import names
from .member import BEGIN

log = logging.getLogger(__name__)

LOOK_S = 0.2
KILL_AFTER_S = 5  # beyond its grace, a member that was told to end is killed
EARLY_S = 10  # a member that dies so young would die again: wait before the next
LONGEST_PAUSE_S = 30.0
COMMAND = [sys.executable, "-m", "classifier.worker"]


@dataclass
class Slot:
    """The place of one member; members come and go."""

    process: subprocess.Popen | None = None
    socket: socket.socket | None = None
    name: str = ""
    started_at: float = 0.0
    busy_since: float | None = None
    overdue: bool = False  # the pool has killed the member because its job took too long
    pause_s: float = 0.0
    start_at: float = field(default_factory=time.monotonic)


class Pool:
    def __init__(self, size: int, command: Sequence[str] = COMMAND):
        self._slots = [Slot() for _ in range(size)]
        self._command = command
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._kill_at: float | None = None

    def run(self, check: Callable[[], None] = lambda: None) -> None:
        """Keep members running until SIGTERM or SIGINT, then end with the last of them.

        Parameters
        ----------
        check : raises if something is wrong with the installation. It is called when the members
            have been started, which takes them longer than it; if it raises, they are ended.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for slot in self._slots:
            self._start(slot)
        try:
            check()
        except BaseException:
            for slot in self._slots:
                if slot.process:
                    slot.process.kill()
                    slot.process.wait()
            raise
        passed_on = 0
        while True:
            if passed_on < self._signals:
                passed_on += 1
                self._pass_on()
            self._listen()
            for slot in self._slots:
                self._look_after(slot)
            if self._signals and not any(slot.process for slot in self._slots):
                return

    def _on_signal(self, number: int, frame: object) -> None:
        self._signals += 1

    def _pass_on(self) -> None:
        self._kill_at = time.monotonic() + settings.STOP_GRACE_S + KILL_AFTER_S
        for slot in self._slots:
            if slot.process:
                slot.process.terminate()

    def _listen(self) -> None:
        """Wait a moment for what members tell of the beginning and the end of a job."""
        for key, _ in self._selector.select(LOOK_S):
            slot: Slot = key.data
            told = slot.socket.recv(64) if slot.socket else b""
            if told:
                slot.busy_since = time.monotonic() if told.endswith(BEGIN) else None
            elif slot.socket:
                self._selector.unregister(slot.socket)
                slot.socket.close()
                slot.socket = None

    def _look_after(self, slot: Slot) -> None:
        now = time.monotonic()
        if slot.process is None:
            if not self._signals and now >= slot.start_at:
                self._start(slot)
        elif slot.process.poll() is not None:
            self._bury(slot, now)
        elif self._kill_at and now > self._kill_at:
            slot.process.kill()
        elif (
            slot.busy_since
            and now - slot.busy_since > settings.QUEUE_TIMEOUT_S
            and not slot.overdue
        ):
            log.error("worker %s is ended: its job took too long", slot.name)
            slot.overdue = True
            slot.process.kill()

    def _start(self, slot: Slot) -> None:
        ours, theirs = socket.socketpair()
        token = names.new_token()
        arguments = ["--socket", str(theirs.fileno()), "--token", token]
        if slot.name:
            arguments += ["--predecessor", slot.name, *(["--overdue"] if slot.overdue else [])]
        with theirs:
            slot.process = subprocess.Popen(
                [*self._command, *arguments],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                process_group=0,  # Ctrl-C reaches the pool alone, which passes it on once
            )
        slot.socket = ours
        slot.name = names.name_of(slot.process.pid, token)
        slot.started_at, slot.busy_since, slot.overdue = time.monotonic(), None, False
        self._selector.register(ours, selectors.EVENT_READ, slot)

    def _bury(self, slot: Slot, now: float) -> None:
        process, slot.process = slot.process, None
        if slot.socket:
            self._selector.unregister(slot.socket)
            slot.socket.close()
            slot.socket = None
        if self._signals:
            return
        code = process.returncode if process else 0
        if now - slot.started_at < EARLY_S and not slot.overdue:
            slot.pause_s = min(2 * slot.pause_s or 1.0, LONGEST_PAUSE_S)
        else:
            slot.pause_s = 0.0
        slot.start_at = now + slot.pause_s
        log.error(
            "worker %s has ended (%s); another one starts in %.0f s",
            slot.name,
            _manner(code),
            slot.pause_s,
        )


def _manner(code: int) -> str:
    if code == -signal.SIGILL:
        # What a processor does that is older than a library was built for.
        return "this processor lacks an instruction that it needs; README: MODEL_RUNTIME"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
