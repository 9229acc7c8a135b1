"""The task that the queue runs.

A job runs at least once: when its worker dies, it is given out again. So `run` may be called for
a row that is done or half done, and must end with the same result.
"""

from __future__ import annotations

import logging
import traceback

from django_q.exceptions import TimeoutException

from classifier import jobs, sources
from classifier.models import Classification
from classifier.sources.base import SourceError
from ml.errors import AudioError, BundleError

log = logging.getLogger(__name__)

# A job whose worker died this often (out of memory, say) is not tried again.
MAX_ATTEMPTS = 3


def run(pk: int) -> None:
    """Fetch, classify and store one row, whatever goes wrong; called by the worker."""
    classification = Classification.objects.filter(pk=pk).first()
    if classification is None or classification.is_finished:
        return
    try:
        if classification.attempts >= MAX_ATTEMPTS:
            classification.mark_failed(
                "worker_died",
                detail="Its worker died each time; see the log of the worker.",
                tries=MAX_ATTEMPTS,
            )
        else:
            classification.mark_fetching()
            _classify(classification)
    except SourceError as error:
        classification.mark_failed(error.kind, detail=error.detail, **error.parameters)
    except AudioError as error:
        detail = repr(error.__cause__ or error)
        classification.mark_failed(error.kind, detail=detail, **error.parameters)
    except TimeoutException:
        classification.mark_failed("took_too_long")
        raise
    except BundleError:
        log.exception("classification %s: its model cannot be loaded", classification.public_id)
        classification.mark_failed("model", detail=traceback.format_exc())
    except Exception:
        log.exception("classification %s failed", classification.public_id)
        classification.mark_failed("server_error", detail=traceback.format_exc())
    if classification.source == Classification.Source.UPLOAD:
        jobs.release_upload(classification.source_id)


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
        progress=classification.set_progress,
    )
    classification.title = classification.title or audio.title[:300]
    classification.artist = classification.artist or audio.artist[:200]
    classification.duration_s = audio.duration_s
    classification.mark_predicting()
    classify_audio(classification, classifier, audio)
