"""Ask for a classification: the only module that adds jobs to the queue (django-q2).

Pages, commands and programs ask through `submit`, which decides whether there is anything to do
and whether this requester may ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Task
from django_q.tasks import async_task

from classifier import sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import upload_store
from classifier.sources.base import Track

# What a job does, as strings, so that what asks does not import what answers. The queue is given
# the first, a name that version 0.1 knows as well: while an upgrade is under way a worker of
# either version can take a job of the other.
TASK = "classifier.jobs.run"
WORKER_TASK = "classifier.worker.tasks.run"


class JobRefused(Exception):
    """The requester has asked for too much. What is stored already is never refused."""


class Requester(Protocol):
    """Who asks; `classifier.visitors.identity.Visitor` implements it for a web request."""

    def may_start_job(self) -> bool:
        """Count one more job, and tell whether it is within the limits."""
        ...

    def history_name(self) -> str:
        """Return whose history the request is noted in; "" for nobody's."""
        ...


class Operator:
    """A requester without limits and without a history: a command on this machine."""

    def may_start_job(self) -> bool:
        return True

    def history_name(self) -> str:
        return ""


@dataclass(frozen=True)
class Submission:
    """The row for a request; `is_new` where a job was queued for it."""

    classification: Classification
    is_new: bool


def submit(
    track: Track,
    model_id: str,
    *,
    requester: Requester,
    title: str = "",
    whole: bool = False,
) -> Submission:
    """Return the stored answer of a model about a track, or queue a job for it.

    Parameters
    ----------
    title : the name of an uploaded file, kept in the requester's own history alone
    whole : of a video, listen to all of it and not to excerpts

    Raises
    ------
    JobRefused : the answer is not there yet, and the requester may not start another job
    """
    is_new = not _answered_or_under_way(track, model_id, whole=whole)
    if is_new and not requester.may_start_job():
        raise JobRefused
    return _queue(track, model_id, visitor=requester.history_name(), title=title, whole=whole)


def resubmit(
    old: Classification,
    model_id: str,
    *,
    requester: Requester,
    title: str = "",
    whole: bool = False,
) -> Submission:
    """Ask again about a recording: after a failure, another model, or for the whole of it.

    Raises
    ------
    JobRefused : as `submit`
    SourceError : the source no longer has the recording
    """
    track = Track(old.source, old.source_id, old.title, old.artist, old.duration_s)
    if not _answered_or_under_way(track, model_id, whole=whole):
        sources.describe(old.source, old.source_id)
    return submit(track, model_id, requester=requester, title=title, whole=whole)


def release_upload(sha256: str) -> None:
    """Remove an uploaded file, unless a job may still ask for it."""
    rows = Classification.objects.filter(source=Classification.Source.UPLOAD, source_id=sha256)
    if not (rows.unfinished() | rows.filter(retryable=True)).exists():
        upload_store.remove(sha256)


def old_results(before: datetime) -> QuerySet:
    """Return what the queue keeps of jobs that ended before a moment, failed ones included."""
    return Task.objects.filter(stopped__lt=before)


def run(pk: int) -> None:
    """Run a job; the worker's own function does it."""
    import_string(WORKER_TASK)(pk)


def _answered_or_under_way(track: Track, model_id: str, *, whole: bool) -> bool:
    return (
        Classification.objects.exclude(state=Classification.State.FAILED)
        .filter(
            source=track.source,
            source_id=track.source_id,
            model_id=model_id,
            extent=_extent(whole),
        )
        .exists()
    )


def _queue(track: Track, model_id: str, *, visitor: str, title: str, whole: bool) -> Submission:
    # In one transaction, so that no row is without its job and no job without its row.
    with transaction.atomic():
        classification, is_new = Classification.objects.select_for_update().get_or_create(
            source=track.source,
            source_id=track.source_id,
            model_id=model_id,
            extent=_extent(whole),
            defaults={
                "title": track.title[:300],
                "artist": track.artist[:200],
                "duration_s": track.duration_s,
            },
        )
        if classification.is_failed:
            classification.requeue()
            is_new = True
        if is_new:
            async_task(TASK, classification.pk, task_name=classification.public_id)
        if visitor:
            HistoryEntry.objects.update_or_create(
                visitor=visitor,
                classification=classification,
                defaults={
                    "title": title[:300],
                    "start_s": track.start_s,
                    "created_at": timezone.now(),
                },
            )
    return Submission(classification, is_new)


def _extent(whole: bool) -> str:
    return Classification.Extent.WHOLE if whole else Classification.Extent.USUAL
