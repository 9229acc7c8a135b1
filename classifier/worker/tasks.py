"""Do a job: fetch, classify and store one recording, whatever goes wrong.

A job is done at least once: when its worker dies, another takes it. What it stores is stored at
once and only while the worker holds the row, so doing it twice ends with one answer.
"""

from __future__ import annotations

import logging
import traceback

from classifier import jobs, sources
from classifier.log_context import bound, job_id
from classifier.models import Classification, LeaseLost
from classifier.sources.base import SourceError
from ml.errors import AudioError, BundleError

from . import endings
from .claims import DATABASE_AWAY
from .stages import Stages

log = logging.getLogger(__name__)

# A job whose worker died this often (out of memory, say) is not tried again.
MAX_ATTEMPTS = 3


def perform(classification: Classification) -> None:
    """Do a job that this worker has taken.

    Raises one of DATABASE_AWAY, which says nothing about the job: it is to be done again.
    """
    with bound(job_id, classification.public_id):
        _perform_once(classification)


def _perform_once(classification: Classification) -> None:
    try:
        _perform(classification)
    except LeaseLost as lost:
        log.info("classification %s is not stored: %s", classification.public_id, lost)
    else:
        outcome = classification.error_kind or classification.state
        log.info("classification %s ended: %s", classification.public_id, outcome)
    if classification.source == Classification.Source.UPLOAD:
        jobs.release_upload(classification.source_id)


def _perform(classification: Classification) -> None:
    try:
        if classification.attempts > MAX_ATTEMPTS:
            classification.attempts = MAX_ATTEMPTS
            endings.failed(
                classification,
                "worker_died",
                detail="Its worker died each time; see the log of the worker.",
                tries=MAX_ATTEMPTS,
            )
        else:
            _classify(classification)
    except SourceError as error:
        endings.failed(classification, error.kind, detail=error.detail, **error.parameters)
    except AudioError as error:
        detail = repr(error.__cause__ or error)
        endings.failed(classification, error.kind, detail=detail, **error.parameters)
    except BundleError:
        log.exception("classification %s: its model cannot be loaded", classification.public_id)
        endings.failed(classification, "model", detail=traceback.format_exc())
    except (LeaseLost, *DATABASE_AWAY):
        raise
    except Exception:
        log.exception("classification %s failed", classification.public_id)
        endings.failed(classification, "server_error", detail=traceback.format_exc())


def _classify(classification: Classification) -> None:
    from classifier.worker.prediction import (  # a runtime: only in the worker
        classify_audio,
        load_classifier,
    )

    classifier = load_classifier(classification.model_id)
    stages = Stages(classification.source)
    with stages.getting():
        audio = sources.fetch(
            classification.source,
            classification.source_id,
            classifier.rate_hz,
            whole=classification.extent == Classification.Extent.WHOLE,
            progress=classification.set_progress,
        )
    classification.title = classification.title or audio.title[:300]
    classification.artist = classification.artist or audio.artist[:200]
    classification.duration_s = audio.duration_s
    classification.mark_predicting()
    classify_audio(classification, classifier, audio, stages)
