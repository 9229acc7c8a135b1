"""Pages on which staff hear one recording after the other and say what it is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classifier import serving
from classifier.formatting import percent
from classifier.genres import NO_GENRE, genre_label
from classifier.models import Classification, Verdict
from classifier.results import explanations
from classifier.review import audit, streams, verdicts
from classifier.review.verdicts import reviewer

SKIPPED, DRAWN = "review_skipped", "review_drawn"  # in the session of whoever reviews
MOST_SKIPPED = 500
TITLES = {
    Verdict.Stream.DOUBTFUL: "Doubtful recordings",
    Verdict.Stream.AUDIT: "Recordings drawn at random",
}
KEYS = "1234567890"
OTHER = "other"  # a genre that is named beside it


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(f"classifier.{permission}_classification"):
        raise PermissionDenied


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: HttpRequest, stream: str) -> HttpResponse:
    """Find the next recording, or show one, or take what was said of one."""
    _require(request, "change")
    if stream not in TITLES:
        raise Http404
    if request.method == "POST":
        return _take(request, stream)
    if "song" in request.GET:
        return _page(request, stream, _row(request.GET["song"]))
    row = _next(request, stream)
    if row is None:
        context = _context(request, stream) | {"said": _said(request, stream)}
        return TemplateResponse(request, "admin/review_queue.html", context)
    return _page(request, stream, row)


def _row(public_id: str) -> Classification:
    return get_object_or_404(Classification.objects.done(), public_id=public_id.replace("\0", ""))


def _next(request: HttpRequest, stream: str) -> Classification | None:
    skipped = request.session.get(SKIPPED, {}).get(stream, [])
    if stream == Verdict.Stream.DOUBTFUL:
        doubt = streams.doubtful(skipped)
        return doubt.row if doubt else None
    # The same until something is said of it: who loads the page anew draws no other one.
    kept = request.session.get(DRAWN, 0)
    row = streams.audited().filter(pk=kept).exclude(pk__in=skipped).first()
    if row is None or verdicts.is_audited(row):  # by somebody else meanwhile
        row = streams.draw(skipped)
    if row:
        request.session[DRAWN] = row.pk
    return row


def _take(request: HttpRequest, stream: str) -> HttpResponse:
    """Store a verdict, or skip the recording; then on to the next."""
    row = _row(request.POST.get("song", ""))
    url = reverse("admin:classifier_review", args=[stream])
    said = request.POST.get("said", "")
    if said == "skip":
        skipped = request.session.get(SKIPPED, {})
        skipped[stream] = [*skipped.get(stream, []), row.pk][-MOST_SKIPPED:]
        request.session[SKIPPED] = skipped
        _drop_drawn(request, stream)
        return HttpResponseRedirect(url)
    if said == OTHER:
        said = genre_label(request.POST.get("other", ""))
        if not said:
            problem = "Please name the genre: a word or two, of 32 letters at most."
            return _page(request, stream, row, problem=problem)
    elif said not in dict(verdicts.choices_of(row)):
        return _page(request, stream, row, problem="Please press one of the buttons.")
    seen, came = request.POST.get("seen", ""), _stream_of(request, row, stream)
    problem = verdicts.write_one(request, row, said, seen=seen, stream=came)
    if problem:
        row.refresh_from_db()
        return _page(request, stream, row, problem=problem)
    _drop_drawn(request, stream)
    return HttpResponseRedirect(f"{url}?after={row.public_id}")


def _stream_of(request: HttpRequest, row: Classification, stream: str) -> str:
    """Return how a recording came: who opens one by its address has picked it."""
    is_drawn = request.session.get(DRAWN) == row.pk or verdicts.is_audited(row)
    if stream == Verdict.Stream.AUDIT and not is_drawn:
        return str(Verdict.Stream.LIST)
    return stream


def _drop_drawn(request: HttpRequest, stream: str) -> None:
    """Let another recording be drawn; what is done in the other stream draws none anew."""
    if stream == Verdict.Stream.AUDIT:
        request.session.pop(DRAWN, None)


def _page(
    request: HttpRequest, stream: str, row: Classification, problem: str = ""
) -> TemplateResponse:
    # What the model said would be nodded at. In the audit it is told when one has said one's own.
    is_hidden = stream == Verdict.Stream.AUDIT and not verdicts.is_audited(row)
    card = serving.card_of(row)
    explained = None if is_hidden or card is None else explanations.explain(row, card)
    choices = verdicts.choices_of(row)
    context = _context(request, stream) | {
        "classification": row,
        # An earlier review is hidden with the answer: whoever says otherwise is told of it first.
        "seen": "" if is_hidden and not problem else verdicts.review_state(row),
        "choices": [
            {"value": value, "words": words, "key": key}
            for (value, words), key in zip(choices, _keys(len(choices) - 2), strict=True)
        ],
        "is_hidden": is_hidden,
        "reviewed": "" if is_hidden else verdicts.said_words(row.reviewed_genre, row),
        "answer": serving.headline(row),
        "ranked": row.ranked[:5],
        "explanation": explained,
        "segments": [] if is_hidden else row.segments,
        "labels": serving.labels_of(row),
        "problem": problem,
        "said": _said(request, stream),
    }
    status = 409 if problem else 200
    return TemplateResponse(request, "admin/review_queue.html", context, status=status)


def _keys(n: int) -> list[str]:
    """Return a key for each choice: digits for the first ten genres, n for none, t for "cannot".

    n : how many genres there are
    """
    return [*(KEYS[i] if i < len(KEYS) else "" for i in range(n)), "n", "t"]


def _context(request: HttpRequest, stream: str) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": TITLES[Verdict.Stream(stream)],
        "stream": stream,
        "is_audit": stream == Verdict.Stream.AUDIT,
        "done": Verdict.objects.filter(stream=stream, reviewer=reviewer(request)).count(),
        "skipped": len(request.session.get(SKIPPED, {}).get(stream, [])),
    }


def _said(request: HttpRequest, stream: str) -> dict[str, Any] | None:
    """Return what was said of the recording before this one."""
    after = request.GET.get("after", "").replace("\0", "")
    row = Classification.objects.done().filter(public_id=after).first() if after else None
    if row is None or not row.reviewed_genre:
        return None
    return {
        "row": row,
        "words": verdicts.said_words(row.reviewed_genre, row),
        "answer": serving.headline(row),
        "confidence": "" if row.is_outside else percent(row.confidence),
    }


@require_safe
def how_good(request: HttpRequest) -> HttpResponse:
    """Show how good the model is on this site's music."""
    _require(request, "view")
    found = audit.report()
    # What people said beside the genres of the model has columns too.
    said = {label for counts in found.confusion.values() for label in counts}
    known = [*serving.card().labels, NO_GENRE]
    labels = [*known, *sorted(said.difference(known))]
    context = {
        **admin.site.each_context(request),
        "title": "How good on your music",
        "audit": found,
        "rows": [
            {
                "answer": answer,
                "share": found.by_answer.get(answer),
                "cells": [found.confusion[answer][label] for label in labels],
            }
            for answer in labels
            if answer in found.confusion
        ],
        "labels": labels,
        "months": audit.by_month(streams.verdicts()),
        "population": streams.strata().total(),
        "least": audit.LEAST,
        "n_learned": streams.learned_from(),
    }
    return TemplateResponse(request, "admin/how_good.html", context)
