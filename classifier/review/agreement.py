"""Shares of reviews and corrections that agree with the model."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from classifier.models import CONFIRMED, Classification, Correction

REVIEW_DAYS = 90  # reviews and corrections are fewer, so look further back


def reviews(now: datetime) -> dict:
    """Count how often recent reviews of staff say what the model said."""
    since = now - timedelta(days=REVIEW_DAYS)
    reviewed = Classification.objects.filter(reviewed_at__gte=since).order_by()
    # In one query: these few rows are the only ones that no index holds whole.
    counts = reviewed.judged().aggregate(agreed=Count("pk", filter=CONFIRMED), total=Count("pk"))
    return _share(**counts)


def corrections(now: datetime) -> dict:
    """Count how often recent corrections say what the model said."""
    since = now - timedelta(days=REVIEW_DAYS)
    said = Correction.objects.filter(updated_at__gte=since).order_by()
    return _share(said.agreeing().count(), said.count())


def _share(agreed: int, total: int) -> dict:
    return {"agreed": agreed, "total": total, "share": agreed / total if total else None}
