"""Retention: what is kept for a time only, and its deletion.

On each machine the first worker that starts on a day does this, else one that runs; `manage.py
purge_expired` does it at once, or says what it would do. Answers to library tracks and videos hold
nothing personal and stay, so that the next who asks has them.
"""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from classifier.models import (
    Batch,
    Classification,
    HistoryEntry,
    OpenJob,
    RateCount,
    WebhookDelivery,
    Worker,
)
from classifier.sources import SourceError, upload_store
from classifier.sources.youtube import thumbnails

log = logging.getLogger(__name__)

COUNTS_HOURS = 24  # hashes of addresses, for the limits
UPLOADS_HOURS = 24  # files that no job has taken, or that wait to be tried again
WORKERS_HOURS = 24  # worker processes that have ended
WEBHOOKS_DAYS = 30  # what webhooks were told
BATCH = 500  # rows deleted at a time, so that other writers do not wait long


def expired(now: datetime) -> dict[str, QuerySet]:
    """Return {what: its expired rows}, each as if none of the others were deleted first."""
    entries = _old_entries(now)
    failed = _old_failures(now)
    return {
        "history entries": entries,
        "failed songs": failed,
        "answers to uploads in nobody's history": _orphans(entries).exclude(pk__in=failed),
        "lists of songs": _old_batches(now),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "counts of the limits": RateCount.objects.filter(
            created_at__lt=now - timedelta(hours=COUNTS_HOURS)
        ),
        "places in the queue": OpenJob.objects.filter(
            created_at__lt=now - timedelta(hours=COUNTS_HOURS)
        ),
        "messages to webhooks": WebhookDelivery.objects.filter(
            created_at__lt=now - timedelta(days=WEBHOOKS_DAYS)
        ),
        "workers that are gone": Worker.objects.filter(
            seen_at__lt=now - timedelta(hours=WORKERS_HOURS)
        ),
    }


def purge_expired(now: datetime | None = None, *, dry_run: bool = False) -> dict[str, int]:
    """Delete what has expired, or only count it; returns {what: how many}."""
    now = now or timezone.now()
    rows = expired(now)
    # All are counted before the first is deleted, so that a dry run tells the same numbers.
    counts = {what: queryset.count() for what, queryset in rows.items()}
    uploads = _old_uploads(now)
    pictures = list(_old_files(thumbnails.folder(), now - timedelta(days=thumbnails.KEEP_DAYS)))
    # What was arriving when its process was killed.
    broken = list(_old_files(settings.FILE_UPLOAD_TEMP_DIR, now - timedelta(hours=UPLOADS_HOURS)))
    counts["uploaded files"] = len(uploads) + len(broken)
    counts["pictures of videos"] = len(pictures)
    if not dry_run:
        # Files first: on a full disk they make the room that deleting rows needs.
        for name in uploads:
            upload_store.discard(name)
        for path in pictures + broken:
            path.unlink(missing_ok=True)
        for queryset in rows.values():
            _delete(queryset)
    return counts


def purge_expired_daily() -> dict[str, int] | None:
    """Do `purge_expired` once a day: None where some worker of this machine has done it today."""
    # Each machine does, because each has files of its own; the rows are gone after the first.
    machine = hashlib.sha256(f"{socket.gethostname()}:{settings.DATA_DIR}".encode())
    key = f"purge:{timezone.now():%Y-%m-%d}:{machine.hexdigest()[:16]}"
    _, first = RateCount.objects.get_or_create(key=key)
    if not first:
        return None
    counts = purge_expired()
    log.info(
        "forgotten: %s", ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "nothing"
    )
    return counts


def _old_entries(now: datetime) -> QuerySet:
    if not settings.HISTORY_DAYS:
        return HistoryEntry.objects.none()
    return HistoryEntry.objects.filter(created_at__lt=now - timedelta(days=settings.HISTORY_DAYS))


def _old_batches(now: datetime) -> QuerySet:
    if not settings.HISTORY_DAYS:
        return Batch.objects.none()
    return Batch.objects.filter(created_at__lt=now - timedelta(days=settings.HISTORY_DAYS))


def _old_failures(now: datetime) -> QuerySet:
    if not settings.FAILURES_DAYS:
        return Classification.objects.none()
    limit = now - timedelta(days=settings.FAILURES_DAYS)
    # An old row may have failed today, when it was tried again. created_at is for the index.
    return Classification.objects.filter(
        state=Classification.State.FAILED, created_at__lt=limit
    ).filter(Q(finished_at__lt=limit) | Q(finished_at=None))


def _orphans(old_entries: QuerySet) -> QuerySet:
    """Return uploads, answered or failed, that will be in nobody's history."""
    left = HistoryEntry.objects.filter(classification=OuterRef("pk"))
    return (
        Classification.objects.filter(source=Classification.Source.UPLOAD)
        .exclude(state__in=Classification.UNFINISHED)
        .exclude(Exists(left.exclude(pk__in=old_entries.values("pk"))))
        # One that was given anew goes after the answer that it was computed from.
        .filter(answered_from=None)
    )


def _old_uploads(now: datetime) -> list[str]:
    try:
        return upload_store.stale(now - timedelta(hours=UPLOADS_HOURS))
    except SourceError as error:  # the rest goes all the same; these go with the next purge
        log.warning("old uploads could not be listed: %s", error)
        return []


def _old_files(folder: Path | str | None, limit: datetime) -> Iterator[Path]:
    for path in Path(folder).glob("*") if folder else ():
        try:
            if path.stat().st_mtime < limit.timestamp():
                yield path
        except FileNotFoundError:  # another process has just finished with it
            continue


def _delete(queryset: QuerySet) -> None:
    while pks := list(queryset.values_list("pk", flat=True)[:BATCH]):
        queryset.model.objects.filter(pk__in=pks).delete()
