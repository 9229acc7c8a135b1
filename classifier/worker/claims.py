"""Take a job, go on holding it, give it back.

A job is a row of Classification that is unfinished and held by nobody (models.lease). Each function
is one statement, which SQLite and PostgreSQL do wholly or not at all, whoever else tries the same.
"""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from classifier.models import Classification, ClassificationQuerySet
from classifier.models.lease import RELEASED, end_of_lease

from . import endings

# The database is away, or restarts, or is full or locked: of no job's making, and it passes.
DATABASE_AWAY = (OperationalError, InterfaceError)
CANDIDATES = 5  # where several workers want the first, the others take the next at once


def take(worker: str) -> Classification | None:
    """Take the job that is due first; None where nothing is to be done."""
    takeable = Classification.objects.takeable()
    for pk in takeable.values_list("pk", flat=True)[:CANDIDATES]:
        taken = takeable.filter(pk=pk).update(
            state=Classification.State.FETCHING,
            attempts=F("attempts") + 1,
            progress="",
            started_at=timezone.now(),
            held_by=worker,
            held_until=end_of_lease(),
        )
        if taken:
            # By the holder's name: a row that was deleted since is none.
            return Classification.objects.filter(pk=pk, held_by=worker).first()
    return None


def renew(worker: str) -> None:
    """Hold for longer what this worker holds."""
    _held_by(worker).update(held_until=end_of_lease())


def give_back(worker: str, *, counted: bool) -> int:
    """Let others take what a worker holds; `counted` : as one of the tries that a job has."""
    fields = {**RELEASED, "state": Classification.State.QUEUED, "progress": ""}
    if not counted:
        fields["attempts"] = Greatest(F("attempts") - 1, Value(0))
    return _held_by(worker).update(**fields)


def give_up(worker: str) -> None:
    """Fail what a worker holds that was ended because its job took too long."""
    for classification in _held_by(worker):
        endings.failed(classification, "took_too_long")


def _held_by(worker: str) -> ClassificationQuerySet:
    return Classification.objects.unfinished().filter(held_by=worker)
