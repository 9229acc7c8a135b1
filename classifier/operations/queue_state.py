"""How late the queue is."""

from __future__ import annotations

from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from classifier.models import Classification


def oldest_waiting_s() -> float:
    """Return for how many seconds the first job that no worker is at has been due; 0 for none.

    A job is due when it would be done if its requester had a worker of their own: of a hundred
    songs that one visitor sends, the last may wait for long without anything being wrong.
    """
    waiting = Classification.objects.takeable().order_by()
    first = waiting.aggregate(first=Min(Coalesce("due_at", "created_at")))["first"]
    return max(0.0, (timezone.now() - first).total_seconds()) if first else 0.0
