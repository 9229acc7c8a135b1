"""The ways to break a running site, each with how long it took until a job was taken again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.testbed.postgres import Cluster
from scripts.testbed.site import Site

from . import processes
from .database import UNFINISHED, Database
from .visitors import Visitors

PATIENCE_S = 120.0  # for the moment in which something can be broken as it is meant
TAKEN_AGAIN_S = 180.0
ROWS = "SELECT id, attempts FROM classifier_classification"
HELD = f"{ROWS} WHERE state IN ('fetching', 'listening')"
UNDONE = f"{ROWS} WHERE state IN {UNFINISHED}"


@dataclass
class Breaker:
    """Breaks a site; `done` has {kind: how often}, `taken_again_s` the seconds of each kill."""

    site: Site
    database: Database
    visitors: Visitors
    rng: random.Random
    cluster: Cluster | None = None
    done: dict[str, int] = field(default_factory=dict)
    taken_again_s: list[float] = field(default_factory=list)

    def kinds(self) -> dict[str, Callable[[], bool]]:
        ways = {
            "idle worker": self.kill_idle_worker,
            "busy worker": self.kill_busy_worker,
            "main process of the workers": self.kill_workers_main,
            "gunicorn's worker": self.kill_gunicorn_worker,
            "gunicorn's main process": self.kill_gunicorn_main,
            "SIGTERM to the workers": self.end_workers,
        }
        if self.cluster:
            ways["connection to PostgreSQL"] = self.cut_connection
            ways["restart of PostgreSQL"] = self.restart_postgres
        return ways

    def break_one(self, kind: str) -> None:
        if self.kinds()[kind]():
            self.done[kind] = self.done.get(kind, 0) + 1

    def kill_idle_worker(self) -> bool:
        with self.visitors.quiet():
            pid = self._when(lambda: None if self.database.rows(UNDONE) else self._worker())
            return _signal(pid)

    def kill_busy_worker(self) -> bool:
        def held_and_by_whom() -> tuple[tuple[int, int], int] | None:
            held, pid = self.database.rows(HELD), self._worker(also_cold=True)
            return (held[0], pid) if held and pid else None

        found = self._when(held_and_by_whom)
        if not found or not _signal(found[1]):
            return False
        self._time_until_taken_again(*found[0])
        return True

    def kill_workers_main(self) -> bool:
        return _signal(processes.workers_main(self.site.process.pid))

    def end_workers(self) -> bool:
        return _signal(processes.workers_main(self.site.process.pid), signal.SIGTERM)

    def kill_gunicorn_worker(self) -> bool:
        main = processes.gunicorn_main(self.site.process.pid)
        workers = processes.children(main) if main else []
        return bool(workers) and _signal(self.rng.choice(workers))

    def kill_gunicorn_main(self) -> bool:
        return _signal(processes.gunicorn_main(self.site.process.pid))

    def cut_connection(self) -> bool:
        return self.database.cut_one_connection() > 0

    def restart_postgres(self) -> bool:
        if not self.cluster:
            return False
        self.cluster.stop("immediate")
        time.sleep(1)
        self.cluster.start()
        return True

    def _worker(self, *, also_cold: bool = False) -> int | None:
        """Return one of the worker processes, of those whose model is loaded or of all."""
        which = "" if also_cold else "WHERE ready "
        names = self.database.rows(f"SELECT name FROM classifier_worker {which}ORDER BY id DESC")
        pids = [int(name.partition("#")[0].rpartition(":")[2]) for (name,) in names]
        below = processes.descendants(self.site.process.pid)
        return next((pid for pid in pids if pid in below), None)

    def _when(self, find: Callable):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := find():
                return found
            time.sleep(0.1)
        return None

    def _time_until_taken_again(self, pk: int, attempts: int) -> None:
        killed = time.monotonic()
        query = (
            f"SELECT count(*) FROM classifier_classification WHERE id = {pk}"
            f" AND (attempts > {attempts} OR state NOT IN {UNFINISHED})"
        )
        while time.monotonic() - killed < TAKEN_AGAIN_S:
            if self.database.value(query):
                break
            time.sleep(0.1)
        self.taken_again_s.append(round(time.monotonic() - killed, 1))


def _signal(pid: int | None, number: int = signal.SIGKILL) -> bool:
    try:
        os.kill(pid or 0, number) if pid else None
    except ProcessLookupError:
        return False
    return bool(pid)
