"""The threads of a worker beside its jobs: heartbeat, and what is done daily."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from classifier.models import Worker
from classifier.operations import retention, ytdlp_update
from classifier.similar import vectors
from classifier.webhooks import deliveries

from . import claims, names

log = logging.getLogger(__name__)

BEAT_S = 3  # a lease (models.lease) outlives two beats that were missed
PURGE_CHECK_S = 3600  # how often a worker looks whether what is daily was done today
WEBHOOKS_LOOK_S = 2  # how often for something that is to be sent


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
    _daily("purge", retention.purge_expired_daily, "what is over could not be deleted")


def update_ytdlp_daily() -> None:
    """Fetch newer releases of yt-dlp, where the operator has said so; in a thread of its own."""
    if settings.YTDLP_UPDATE and settings.YOUTUBE_ENABLED:
        _daily("yt-dlp", ytdlp_update.update_daily, "yt-dlp could not be updated")


def fill_in_vectors_daily() -> None:
    """Store the vectors of answers that have none, by which similar songs are found."""
    _daily("vectors", vectors.fill_in_daily, "similar songs could not be prepared")


def send_webhooks() -> None:
    """Send what is due to webhooks, one message at a time; in a thread, which delays no job."""

    def forever() -> None:
        while True:
            try:
                while deliveries.send_one():
                    pass
            except (DatabaseError, InterfaceError) as error:
                log.warning("webhooks wait for the database: %s", error)
                connection.close()
            except Exception:
                log.exception("a webhook could not be told")
            time.sleep(WEBHOOKS_LOOK_S)

    _in_background("webhooks", forever)


def _daily(name: str, act: Callable[[], object], failed: str) -> None:
    """Have something done that does itself once a day, however often it is asked to."""

    def forever() -> None:
        while True:
            try:
                act()
            except Exception:
                log.exception("%s; the next try is tomorrow", failed)
            finally:
                connection.close()
            time.sleep(PURGE_CHECK_S)

    _in_background(name, forever)


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
