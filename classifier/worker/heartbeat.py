"""The threads of a worker beside its jobs: heartbeat, and the daily purge."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from classifier.models import Worker
from classifier.operations import retention

from . import claims, names

log = logging.getLogger(__name__)

BEAT_S = 3  # a lease (models.lease) outlives two beats that were missed
PURGE_CHECK_S = 3600  # how often a worker looks whether today's purge is done


class Heartbeat:
    """Tells others every few seconds that this worker lives, and holds its job for longer."""

    def __init__(self, worker: str):
        self._worker = worker
        self._ready = False

    def start(self) -> None:
        _in_background("heartbeat", self._beat_forever)

    def ready(self) -> None:
        """Tell at once that jobs are taken from now on."""
        self._ready = True
        self.beat()

    def beat(self) -> None:
        now = timezone.now()
        with transaction.atomic():
            rows = Worker.objects.filter(name=self._worker)
            if not rows.update(seen_at=now, ready=self._ready):
                Worker.objects.create(name=self._worker, seen_at=now, ready=self._ready)
            claims.renew(self._worker)

    def _beat_forever(self) -> None:
        while True:
            try:
                self.beat()
            except (DatabaseError, InterfaceError) as error:
                log.warning("worker %s could not write its heartbeat: %s", self._worker, error)
                connection.close()
            time.sleep(BEAT_S)


def purge_daily() -> None:
    """Delete daily what has expired; in a thread, which must not stop the heartbeat."""
    _in_background("purge", _purge_forever)


def _purge_forever() -> None:
    while True:
        try:
            retention.purge_expired_daily()
        except Exception:
            log.exception("what is over could not be deleted; the next try is tomorrow")
        finally:
            connection.close()
        time.sleep(PURGE_CHECK_S)


def _in_background(name: str, run: Callable[[], None]) -> None:
    threading.Thread(target=run, name=name, daemon=True).start()


def forget(worker: str) -> None:
    """Take a worker that has ended off the list of those that live."""
    Worker.objects.filter(name=worker).delete()


def forget_dead_neighbours() -> None:
    """Take workers of this machine off the list that were killed with all that watched them.

    A name is believed to be of this machine by its host alone. Where that is wrong, the worker's
    next beat puts it on the list again.
    """
    for name in Worker.objects.values_list("name", flat=True):
        host, pid = names.parts(name)
        if host == names.host() and not _is_alive(pid):
            forget(name)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
