"""Verdicts of staff, written in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Expression, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from classifier.models import Classification

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What the name of a row in the log is made of; the rest of a row is not read.
NAMED = ("public_id", "title", "artist", "source", "source_id", "state", "genre", "is_outside")
BATCH = 500  # reviews written in one transaction: a visitor's request must not wait for long


def reviewer(request: HttpRequest) -> User:
    """Return who reviews: the admin lets nobody in who is not signed in."""
    return cast("User", request.user)


def review(
    request: HttpRequest, queryset: QuerySet[Classification], genre: Expression, note: str
) -> int:
    pks = list(queryset.order_by().values_list("pk", flat=True))
    return write_verdicts(request, pks, genre, note)


def write_verdicts(request: HttpRequest, pks: list[int], genre: Expression, note: str) -> int:
    """Write the genre that these have (an empty Value takes the review back), and log who did."""
    cleared = genre == Value("")
    values = {
        "reviewed_genre": genre,
        "reviewed_by": None if cleared else reviewer(request),
        "reviewed_at": None if cleared else timezone.now(),
    }
    for start in range(0, len(pks), BATCH):
        songs = Classification.objects.filter(pk__in=pks[start : start + BATCH])
        with transaction.atomic():
            songs.update(**values)
            shown = songs.only(*NAMED)
            LogEntry.objects.log_actions(reviewer(request).pk, shown, CHANGE, note)
    return len(pks)
