"""Songs that failed: the last of them, and asking for them again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from classifier import jobs
from classifier.models import Classification, ClassificationQuerySet
from classifier.sources import SourceError

BATCH = 200
SPAN = re.compile(r"(\d{1,5})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass
class Retried:
    """How many were asked for again, by the cause they had failed for, and which could not be."""

    asked: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)


def failed(causes: Collection[str] = (), since: datetime | None = None) -> ClassificationQuerySet:
    """Filter by songs that failed; without causes, by those for which trying again may help."""
    rows = Classification.objects.filter(state=Classification.State.FAILED)
    rows = rows.filter(error_kind__in=causes) if causes else rows.filter(retryable=True)
    return rows.filter(finished_at__gte=since) if since else rows


def count_by_cause(rows: ClassificationQuerySet) -> dict[str, int]:
    """Count songs by the cause of their failure."""
    counts = rows.order_by().values_list("error_kind").annotate(n=Count("pk"))
    return dict(counts)


def retry(rows: ClassificationQuerySet) -> Retried:
    """Ask for songs again, each by itself, so that one which cannot be had stops no other."""
    result = Retried()
    for row in _in_batches(rows):
        cause = row.error_kind
        try:
            jobs.resubmit(row, row.model_id, requester=jobs.Operator(), whole=row.is_whole)
        except SourceError:
            result.gone[cause] += 1
        else:
            result.asked[cause] += 1
    return result


def parse_since(text: str) -> datetime:
    """Read "90m", "24h", "7d", a day or a moment. Raises ValueError."""
    if span := SPAN.fullmatch(text):
        return timezone.now() - timedelta(**{UNITS[span[2]]: int(span[1])})
    if moment := parse_datetime(text):
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if day := parse_date(text):
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    raise ValueError(f"{text!r} is no time: use 90m, 24h, 7d, or a day such as 2026-11-26.")


def _in_batches(rows: ClassificationQuerySet) -> Iterator[Classification]:
    """Yield rows in the order in which they were stored, however many there are."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk
