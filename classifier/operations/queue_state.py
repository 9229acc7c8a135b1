"""How long the queue is, and for how long its first job has waited."""

from __future__ import annotations

from django.db.models import Min
from django.utils import timezone

from classifier.models import Classification


def oldest_waiting_s() -> float:
    """Return for how many seconds the oldest job that no worker is at has waited; 0 for none."""
    waiting = Classification.objects.filter(state=Classification.State.QUEUED)
    first = waiting.aggregate(first=Min("created_at"))["first"]
    return max(0.0, (timezone.now() - first).total_seconds()) if first else 0.0
