"""Context of the pages of one classification."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from classifier import serving
from classifier.genres import genre_name
from classifier.models import Classification, HistoryEntry, Worker
from classifier.results import wording
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
    workers, ahead = [], 0
    if not classification.is_finished:
        workers, (is_held, ahead) = list(Worker.objects.alive()), classification.place()
        if not is_held:
            # Shown, not stored: its worker died, so that nobody fetches or listens, whatever the
            # row says. The next worker takes it from there.
            classification.state = Classification.State.QUEUED
    ctx["worker_alive"] = bool(workers)
    ctx["status_text"] = wording.progress(
        classification,
        worker_alive=bool(workers),
        worker_ready=any(worker.ready for worker in workers),
        ahead=ahead,
    )
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
