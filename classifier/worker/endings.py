"""The end of a job: stored together with who is to be told of it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from classifier.models import Classification
from classifier.webhooks import deliveries


def done(classification: Classification, answer: dict[str, Any]) -> None:
    """Store an answer; see Classification.mark_done."""
    with transaction.atomic():
        classification.mark_done(answer)
        deliveries.note_end(classification)


def failed(
    classification: Classification, kind: str, *, detail: str = "", **parameters: object
) -> None:
    """Store a failure; see Classification.mark_failed."""
    with transaction.atomic():
        classification.mark_failed(kind, detail=detail, **parameters)
        deliveries.note_end(classification)
