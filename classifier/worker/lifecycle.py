"""What a worker process does besides jobs: warm up, and write down that it is alive."""

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
TIDY_S = 3600  # how often a worker looks whether today's forgetting is done


def start() -> None:
    """Begin to beat, load the model and run it once, so that the first job is not a slow one."""
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
    # A thread of its own: deleting a year's worth must not stop the heart.
    threading.Thread(target=_tidy, name="tidying", daemon=True).start()


def _beat(name: str) -> None:
    while True:
        try:
            Worker.objects.filter(name=name).update(seen_at=timezone.now())
        except DatabaseError:
            log.warning("worker %s could not write its heartbeat", name)
        finally:
            connection.close()
        time.sleep(BEAT_S)


def _tidy() -> None:
    while True:
        try:
            retention.purge_expired_daily()
        except Exception:
            log.exception("what is over could not be deleted; the next try is tomorrow")
        finally:
            connection.close()
        time.sleep(TIDY_S)


def connect() -> None:
    """Have every worker process warm up and tell that it lives, from its start."""
    post_spawn.connect(_on_spawn, dispatch_uid="classifier.worker")


def _on_spawn(**kwargs) -> None:
    start()
