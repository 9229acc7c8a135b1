"""The queue. No other module knows that it is django-q2.

A job runs at least once: when its worker dies, it is given out again. So `run` may be called for
work that is done or half done, and must come to the same end.
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import Task
from django_q.signals import post_spawn
from django_q.tasks import async_task

from classifier.models import Classification, HistoryEntry
from classifier.sources.base import SourceError, Track
from ml.errors import AudioError, BundleError

from . import failure_reasons, sources
from .sources import upload_store

log = logging.getLogger(__name__)

# A job that killed its worker this often (out of memory, say) is not tried again.
MAX_ATTEMPTS = 3


def request_classification(
    track: Track, model_id: str, *, visitor: str = "", title: str = "", whole: bool = False
) -> Classification:
    """The classification of a track by a model: the stored one, or one that is now queued.

    Row and job are written in one transaction: neither is ever there without the other.
    """
    with transaction.atomic():
        classification, created = Classification.objects.select_for_update().get_or_create(
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
            created = True
        if created:
            async_task("classifier.jobs.run", classification.pk, task_name=classification.public_id)
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
    return classification


def is_new(track: Track, model_id: str, *, whole: bool = False) -> bool:
    """Whether asking for this track would give a worker something to do."""
    return (
        not Classification.objects.exclude(state=Classification.State.FAILED)
        .filter(
            source=track.source,
            source_id=track.source_id,
            model_id=model_id,
            extent=_extent(whole),
        )
        .exists()
    )


def _extent(whole: bool) -> str:
    return Classification.Extent.WHOLE if whole else Classification.Extent.USUAL


def run(pk: int) -> None:
    """Fetch, listen, store. Called by the worker."""
    classification = Classification.objects.filter(pk=pk).first()
    if classification is None or classification.is_finished:
        return
    try:
        if classification.attempts >= MAX_ATTEMPTS:
            classification.fail(
                f"This recording could not be classified in {MAX_ATTEMPTS} tries.",
                kind=failure_reasons.WORKER_DIED,
                detail="Its worker died each time; see the log of the worker.",
                retryable=True,
            )
        else:
            classification.begin()
            _classify(classification)
    except SourceError as error:
        classification.fail(
            str(error),
            next_step=error.next_step,
            kind=error.kind or failure_reasons.GONE,
            detail=error.detail,
            retryable=error.retryable,
        )
    except AudioError as error:
        classification.fail(str(error), kind=error.kind, detail=repr(error.__cause__ or error))
    except TimeoutException:
        classification.fail(
            "This took too long and was given up.",
            kind=failure_reasons.TOOK_TOO_LONG,
            retryable=True,
        )
        raise
    except Exception as error:
        log.exception("classification %s failed", classification.public_id)
        classification.fail(
            "Something went wrong on this server; the operator can see what.",
            kind=failure_reasons.MODEL
            if isinstance(error, BundleError)
            else failure_reasons.SERVER_ERROR,
            detail=traceback.format_exc(),
            retryable=True,
        )
    if classification.source == Classification.Source.UPLOAD and not classification.retryable:
        upload_store.remove(classification.source_id)


def _classify(classification: Classification) -> None:
    from classifier.worker.prediction import (  # TensorFlow: only in the worker
        classify_audio,
        load_classifier,
    )

    classifier = load_classifier(classification.model_id)
    audio = sources.fetch(
        classification.source,
        classification.source_id,
        classifier.rate_hz,
        whole=classification.extent == Classification.Extent.WHOLE,
        progress=classification.tell,
    )
    classification.title = classification.title or audio.title[:300]
    classification.artist = classification.artist or audio.artist[:200]
    classification.duration_s = audio.duration_s
    classification.listen()
    classify_audio(classification, classifier, audio)


def old_results(before: datetime) -> QuerySet:
    """What the queue keeps of jobs that ended before a moment, good or bad."""
    return Task.objects.filter(stopped__lt=before)


def connect_worker() -> None:
    """Have every worker process warm up and tell that it lives, from its start."""
    post_spawn.connect(_on_spawn, dispatch_uid="classifier.worker")


def _on_spawn(**kwargs) -> None:
    from .worker import lifecycle

    lifecycle.start()
