"""What the queue runs.

A job runs at least once: when its worker dies, it is given out again. So `run` may be called for
work that is done or half done, and must come to the same end.
"""

from __future__ import annotations

import logging
import traceback

from django_q.exceptions import TimeoutException

from classifier import failure_reasons, sources
from classifier.models import Classification
from classifier.sources import upload_store
from classifier.sources.base import SourceError
from ml.errors import AudioError, BundleError

log = logging.getLogger(__name__)

# A job that killed its worker this often (out of memory, say) is not tried again.
MAX_ATTEMPTS = 3


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
