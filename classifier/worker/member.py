"""One worker process: warm a model, then take jobs one after the other until told to stop.

The pool starts it as `python -m classifier.worker`, with a socket: on it a member tells when a job
begins and ends, and by its end a member learns that the pool is gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.db import close_old_connections, connection

from classifier import serving
from classifier.models import Worker
from classifier.sources.youtube.ytdlp import process
from ml.audio import confined

from . import claims, heartbeat, tasks

log = logging.getLogger(__name__)

POLL_S = 0.25
LONGEST_PAUSE_S = 5.0  # between tries to reach a database that is away
# After so many failures of the database in the same job these count as tries of the job: its row,
# and not the database, may be what is wrong.
PATIENCE = 10
BEGIN, END = b"b", b"e"  # what is told to the pool


class Member:
    """A worker process; `stopping` is set when it has to end."""

    def __init__(self, name: str, pool: socket.socket, begin_anew: Callable[[], None]):
        self.name = name
        self._begin_anew = begin_anew
        self._is_cold = False  # no model was loaded by this process
        self._busy_at = time.monotonic()
        self.stopping = threading.Event()
        self._pool = pool
        self._heartbeat = heartbeat.Heartbeat(name)
        self._is_warming = True
        self._database_errors: Counter[int] = Counter()

    def run(self, predecessor: str = "", *, overdue: bool = False) -> None:
        self._watch()
        self.until_done(lambda: _settle(predecessor, overdue=overdue))
        self._is_warming = False
        # What waits already is taken before the model is loaded, which its job does: a job whose
        # worker was killed does not wait for that as well. Where another is warm, it is quicker.
        self.until_done(self._work_once_if_alone)
        self._is_warming = True
        if not self.stopping.is_set():
            _warm_up(self.name)
        self._is_warming = False
        self.until_done(self._heartbeat.ready)
        if not self.stopping.is_set():
            log.info("worker %s is ready", self.name)
        self._work()

    def run_cold(self) -> None:
        """Go on after `rest`: the first job loads the model."""
        self._is_cold, self._is_warming = True, False
        self._watch()
        self.until_done(self._heartbeat.ready)
        self._work()

    def _watch(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        threading.Thread(target=self._watch_pool, name="pool", daemon=True).start()
        self._heartbeat.start()

    def _work(self) -> None:
        if not self.stopping.is_set():
            heartbeat.send_webhooks()
            heartbeat.purge_daily()
            heartbeat.fill_in_vectors_daily()
            heartbeat.update_ytdlp_daily()
        self._busy_at = time.monotonic()
        while not self.stopping.is_set():
            self.until_done(self.work_once)
            self.rest_if_idle()
        with contextlib.suppress(Exception):
            heartbeat.forget(self.name)

    def _work_once_if_alone(self) -> None:
        if not Worker.objects.alive().filter(ready=True).exists():
            self.work_once(pause_s=0.0)

    def work_once(self, pause_s: float | None = None) -> None:
        """Take a job and do it, or wait a moment; whatever happens, nothing is held afterwards."""
        # What an earlier call could not give back because the database was away.
        claims.give_back(self.name, counted=False)
        job = claims.take(self.name)
        if job is None:
            self.stopping.wait(POLL_S if pause_s is None else pause_s)
            return
        self._tell(BEGIN)
        self._is_cold = False
        try:
            tasks.perform(job)
            self._database_errors.pop(job.pk, None)
            claims.give_back(self.name, counted=True)  # what could not even be failed
        except claims.DATABASE_AWAY:
            self._database_errors[job.pk] += 1
            if self._database_errors[job.pk] > PATIENCE:
                connection.close()
                claims.give_back(self.name, counted=True)
            raise
        except Exception:
            log.exception("classification %s could not be stored", job.public_id)
            claims.give_back(self.name, counted=True)
        finally:
            self._busy_at = time.monotonic()
            self._tell(END)

    def rest_if_idle(self) -> None:
        """Give all memory of the model back, if nothing was asked for a while."""
        idle_s = time.monotonic() - self._busy_at
        if not settings.MODEL_IDLE_S or self._is_cold or idle_s < settings.MODEL_IDLE_S:
            return
        log.info("worker %s unloads its model until there is a job", self.name)
        confined.end_spare()
        process.end_spare()
        connection.close()
        # TensorFlow, for one, gives nothing back but by the end of its process.
        self._begin_anew()

    def until_done(self, act: Callable[[], None]) -> None:
        """Do it again, with growing pauses, while the database is away."""
        pause = POLL_S
        while True:
            try:
                close_old_connections()
                act()
                return
            except claims.DATABASE_AWAY as error:
                log.warning("worker %s: the database is away: %s", self.name, error)
                connection.close()
            if self.stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _tell(self, what: bytes) -> None:
        with contextlib.suppress(OSError):  # the pool is gone: _watch_pool sees to that
            self._pool.send(what)

    def _watch_pool(self) -> None:
        with contextlib.suppress(OSError):
            while self._pool.recv(1):
                pass
        if not self.stopping.is_set():
            log.warning("worker %s ends, because what started it is gone", self.name)
        self._stop()

    def _stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End after the running job, if that ends soon; its time is over when asked twice."""
        asked_twice = self.stopping.is_set() and number
        grace_s = 0 if asked_twice or self._is_warming else settings.STOP_GRACE_S
        self.stopping.set()
        timer = threading.Timer(grace_s, self._give_back_and_end)
        timer.daemon = True
        timer.start()

    def _give_back_and_end(self) -> None:
        try:
            if claims.give_back(self.name, counted=False):
                log.warning("worker %s gives its job back", self.name)
            heartbeat.forget(self.name)
        finally:
            os._exit(0)


def _settle(predecessor: str, *, overdue: bool) -> None:
    """Do what a worker that was killed cannot do any more: end its job, or give it back."""
    heartbeat.forget_dead_neighbours()
    if predecessor:
        if overdue:
            claims.give_up(predecessor)
        claims.give_back(predecessor, counted=True)
        heartbeat.forget(predecessor)


def _warm_up(name: str) -> None:
    """Load the model and run it once, so that the first job is not slow."""
    try:
        from .prediction import load_classifier  # a runtime

        confined.warm()
        load_classifier(serving.card().model_id).warm_up()
        if settings.YOUTUBE_ENABLED:
            process.warm()
    except Exception:
        # Not fatal: each job will say what is wrong, to the visitor and in the log.
        log.exception("worker %s could not warm up", name)
