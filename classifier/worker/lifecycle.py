"""Warm-up, heartbeat and daily purge of a worker process."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.signals import post_spawn

from classifier import serving
from classifier.models import Worker
from classifier.operations import retention
from classifier.sources.youtube.ytdlp import process

log = logging.getLogger(__name__)

BEAT_S = 5
PURGE_CHECK_S = 3600  # how often a worker looks whether today's purge is done


def start() -> None:
    """Begin the heartbeat, load the model and run it once, so that the first job is not slow."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    Worker.objects.update_or_create(name=name, defaults={"ready": False})
    threading.Thread(target=_beat, args=(name,), name="heartbeat", daemon=True).start()
    try:
        from .prediction import load_classifier

        load_classifier(serving.card().model_id).warm_up()
        if settings.YOUTUBE_ENABLED:
            process.warm()
    except Exception:
        # Not fatal: each job will say what is wrong, to the visitor and in the log.
        log.exception("worker %s could not warm up", name)
    Worker.objects.filter(name=name).update(ready=True, seen_at=timezone.now())
    log.info("worker %s is ready", name)
    # A thread of its own: deleting many rows must not stop the heartbeat.
    threading.Thread(target=_purge_daily, name="purge", daemon=True).start()


def _beat(name: str) -> None:
    while True:
        try:
            Worker.objects.filter(name=name).update(seen_at=timezone.now())
        except DatabaseError:
            log.warning("worker %s could not write its heartbeat", name)
        finally:
            connection.close()
        time.sleep(BEAT_S)


def _purge_daily() -> None:
    while True:
        try:
            retention.purge_expired_daily()
        except Exception:
            log.exception("what is over could not be deleted; the next try is tomorrow")
        finally:
            connection.close()
        time.sleep(PURGE_CHECK_S)


def connect() -> None:
    """Have every worker process call `start` when it is spawned."""
    post_spawn.connect(_on_spawn, dispatch_uid="classifier.worker")


def _on_spawn(**kwargs: object) -> None:
    start()
