"""Whether the site can answer: what is asked, and which part of it is not as it should be."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from classifier import serving
from classifier.models import Worker
from ml.errors import BundleError

from .queue_state import oldest_waiting_s

MB = 1024 * 1024


def problems() -> dict[str, str]:
    """Return {check: what is wrong}, with "" where nothing is; no versions, paths or names.

    The checks that need the database say so where it is away, and are not tried one by one.
    """
    found = {"database": _database(), "model": _model(), "disk": _disk()}
    of_the_database = {"queue": _queue, "workers": _workers}
    if found["database"]:
        return found | dict.fromkeys(of_the_database, "not known without the database")
    return found | {name: _tried(check) for name, check in of_the_database.items()}


def _tried(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, InterfaceError):
        return "the database did not answer"


def _database() -> str:
    def ask() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return ""

    return _tried(ask)


def _queue() -> str:
    age_s, limit_s = oldest_waiting_s(), settings.READY_QUEUE_S
    if limit_s and age_s > limit_s:
        return f"a song has been due for {age_s:.0f} s, and {limit_s} s are the limit"
    return ""


def _workers() -> str:
    alive = Worker.objects.alive()
    if alive.filter(ready=True).exists():
        return ""
    return "the workers are loading the model" if alive.exists() else "no worker is alive"


def _model() -> str:
    try:
        card = serving.card()
        with card.model_path.open("rb") as file:
            file.read(1)
    except (BundleError, OSError):
        return "the model that serves cannot be read"
    return ""


def _disk() -> str:
    try:
        free = shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return "the data folder cannot be read"
    if free < settings.READY_DISK_MB * MB:
        return f"{free // MB} MB are free, and {settings.READY_DISK_MB} MB are the least"
    return ""
