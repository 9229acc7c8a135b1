"""Ask for a classification: the only module that adds jobs to the queue.

Pages, commands and programs ask through `submit`, which decides whether there is anything to do
and whether this requester may ask for it. An unfinished row is the job; see models.lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from classifier import sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import upload_store
from classifier.sources.base import Track

# What a job takes, roughly: it orders the queue, and nothing else depends on it.
OVERHEAD_S = 2.0
HEARD_A_SECOND = 40.0  # seconds of sound that are fetched, decoded and classified in a second
UNKNOWN_DURATION_S = 240.0


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

    def share_name(self) -> str:
        """Return who shares the queue equally with others; "" for nobody in particular."""
        ...


class Operator:
    """A requester without limits and without a history: a command on this machine."""

    def may_start_job(self) -> bool:
        return True

    def history_name(self) -> str:
        return ""

    def share_name(self) -> str:
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
    is_new = not answered_or_under_way(track, model_id, whole=whole)
    if is_new and not requester.may_start_job():
        raise JobRefused
    return _queue(track, model_id, requester=requester, title=title, whole=whole)


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
    if not answered_or_under_way(track, model_id, whole=whole):
        sources.describe(old.source, old.source_id)
    return submit(track, model_id, requester=requester, title=title, whole=whole)


def submit_file(file: UploadedFile, model_id: str, *, requester: Requester) -> Submission:
    """Keep a file that was sent, until it is listened to, and `submit` it.

    Raises
    ------
    JobRefused : as `submit`
    SourceError : there is no room for it, or the storage cannot be reached
    """
    upload_store.check_room(file.size or 0)
    sha256 = upload_store.keep(file)
    try:
        track = sources.describe(Classification.Source.UPLOAD, sha256)
        return submit(track, model_id, requester=requester, title=file.name or "")
    finally:
        release_upload(sha256)  # refused, or answered already


def answered_or_under_way(track: Track, model_id: str, *, whole: bool) -> bool:
    """Tell whether to ask for a recording starts nothing."""
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


def release_upload(sha256: str) -> None:
    """Remove an uploaded file, unless a job may still ask for it."""
    rows = Classification.objects.filter(source=Classification.Source.UPLOAD, source_id=sha256)
    if not (rows.unfinished() | rows.filter(retryable=True)).exists():
        upload_store.remove(sha256)


def _queue(
    track: Track, model_id: str, *, requester: Requester, title: str, whole: bool
) -> Submission:
    visitor, share = requester.history_name(), requester.share_name()
    # The row is the job, and is due from the beginning: no worker ever sees one without the other.
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
                "requester": share or None,
                "due_at": _due_at(track, share, whole=whole),
            },
        )
        if classification.is_failed:
            classification.requester = share or None
            classification.due_at = _due_at(track, share, whole=whole)
            classification.requeue()
            is_new = True
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


def _due_at(track: Track, share: str, *, whole: bool) -> datetime:
    """Return when a job would be done if its requester had a worker of their own.

    So what is short goes before what is long, the first song of one before the tenth of another,
    and nothing waits for ever: whoever comes much later is due later.
    """
    begin = timezone.now()
    if share:
        theirs = Classification.objects.unfinished().filter(requester=share)
        begin = max(begin, theirs.aggregate(last=Max("due_at"))["last"] or begin)
    return begin + timedelta(seconds=_expected_s(track, whole=whole))


def _expected_s(track: Track, *, whole: bool) -> float:
    heard_s = min(track.duration_s or UNKNOWN_DURATION_S, settings.AUDIO_MAX_DURATION_S)
    if track.source == Classification.Source.YOUTUBE and not whole:
        heard_s = min(heard_s, settings.YOUTUBE_EXCERPTS * settings.YOUTUBE_EXCERPT_S)
    return OVERHEAD_S + heard_s / HEARD_A_SECOND


def _extent(whole: bool) -> str:
    return Classification.Extent.WHOLE if whole else Classification.Extent.USUAL
