"""Context of the pages of one classification."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from classifier import serving
from classifier.genres import genre_name
from classifier.models import Classification, HistoryEntry
from classifier.results.standing import standing
from classifier.visitors.corrections import own
from classifier.visitors.identity import visitor_of

from .forms import CorrectionForm


def entry_of(request: HttpRequest, classification: Classification) -> HistoryEntry | None:
    entries = HistoryEntry.objects.for_visitor(visitor_of(request))
    return entries.filter(classification=classification).first()


def result_context(request: HttpRequest, public_id: str) -> dict:
    classification = get_object_or_404(
        Classification.objects.without_details(), public_id=public_id
    )
    entry = entry_of(request, classification)
    ctx = {
        "classification": classification,
        "is_sender": entry is not None,
        "start_s": entry.start_s if entry else 0,
        "heard_s": sum(end - start for start, end in classification.windows),
        "title": entry.display_title if entry else classification.display_title,
    }
    now = standing(classification)
    classification.state = now.state  # shown, not stored
    ctx["worker_alive"] = now.worker_alive
    ctx["status_text"] = now.words
    return ctx


def correction_context(request: HttpRequest, classification: Classification) -> dict:
    """Return this visitor's correction, if any, and its form, for result/_correction.html."""
    correction = own(visitor_of(request), classification)
    labels = serving.labels_of(classification)
    return {
        "correction": correction,
        "correction_says": genre_name(correction.genre, len(labels)) if correction else "",
        "correction_form": CorrectionForm(
            labels=labels,
            initial={"genre": correction.genre if correction else ""},
            auto_id="correction_%s",
        ),
    }
