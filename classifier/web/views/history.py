"""The pages of one's own history, corrections, and answers as data."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from classifier.models import Classification, HistoryEntry
from classifier.operations import retention
from classifier.results import exports
from classifier.sources.youtube import thumbnails
from classifier.visitors import corrections, rate_limits
from classifier.visitors import history as past
from classifier.visitors.identity import SESSION_KEY, ensure_visitor, visitor_of
from classifier.web.forms import CorrectionForm, HistoryForm


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET)
    filters = _filters(form)
    visitor = visitor_of(request)
    page = past.page_of(
        past.entries_of(visitor, **filters),
        settings.HISTORY_PAGE_SIZE,
        older=request.GET.get("older", ""),
        newer=request.GET.get("newer", ""),
    )
    ctx = {
        "page": page,
        "form": form,
        "filtered": bool(filters),
        "has_any": bool(page.entries) or past.entries_of(visitor).exists(),
        # What the links to other pages and to the exports keep of the address.
        "query": urlencode(filters),
        # What "Forget" keeps: the same page of the same search.
        "here": urlencode(filters | _edge(request.GET)),
        "history_days": settings.HISTORY_DAYS,
    }
    return render(request, "history/history.html", ctx, status=200 if form.is_valid() else 400)


def _filters(form: HistoryForm) -> dict:
    """What was filled in and could be understood."""
    form.is_valid()
    return {name: value for name, value in form.cleaned_data.items() if value}


def _edge(data: QueryDict) -> dict:
    """The cursor at which a page begins, or ends; nothing of what is none."""
    return {side: data[side] for side in ("newer", "older") if past.read_cursor(data.get(side, ""))}


@require_POST
def forget_entry(request: HttpRequest, pk: int) -> HttpResponse:
    if past.forget(visitor_of(request), pk):
        messages.success(request, "That song is no longer in your history.")
    else:
        messages.error(request, "That song is not in your history.")
    # Back to where one was. What was sent is read as the history page reads it and written anew, so
    # that it leads nowhere else.
    here = QueryDict(request.POST.get("here", ""))
    query = urlencode(_filters(HistoryForm(here)) | _edge(here))
    return redirect(f"{reverse('history')}?{query}" if query else "history")


@require_POST
def forget_all(request: HttpRequest) -> HttpResponse:
    past.forget(visitor_of(request))
    # The next song is asked for under a new name, so nothing that is left leads back to here.
    request.session.pop(SESSION_KEY, None)
    messages.success(request, "Your history is empty: everything in it was forgotten.")
    return redirect("history")


@never_cache
@require_GET
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    rows = (item.values() for item in _history_items(request))
    return _download(exports.csv_lines(exports.HISTORY_COLUMNS, rows), "text/csv", "history.csv")


@never_cache
@require_GET
def history_json(request: HttpRequest) -> StreamingHttpResponse:
    lines = exports.json_lines(_history_items(request))
    return _download(lines, "application/json", "history.json")


def _history_items(request: HttpRequest):
    entries = past.entries_of(visitor_of(request), **_filters(HistoryForm(request.GET)))
    return exports.history_items(entries, request.build_absolute_uri)


def _download(lines, content_type: str, filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, classification: Classification) -> dict:
    entries = HistoryEntry.objects.for_visitor(visitor_of(request))
    return exports.answer(
        classification,
        request.build_absolute_uri(classification.get_absolute_url()),
        entries.filter(classification=classification).first(),
    )


@never_cache
@require_safe
def classification_json(request: HttpRequest, public_id: str) -> JsonResponse:
    """All that is stored of an answer; before there is one, what is being done (`state`)."""
    item = _answer(request, get_object_or_404(Classification, public_id=public_id))
    response = JsonResponse(item, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def classification_csv(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    classification = get_object_or_404(Classification.objects.done(), public_id=public_id)
    rows = exports.answer_rows(_answer(request, classification))
    lines = exports.csv_lines(exports.ANSWER_COLUMNS, rows)
    return _download(lines, "text/csv", f"song-{public_id}.csv")


@require_POST
def correct(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say what a recording really is. Whoever has the link may."""
    classification = get_object_or_404(Classification.objects.done(), public_id=public_id)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.errors["genre"][0])
    elif not rate_limits.correction_allowed(request):
        messages.error(request, "That was a lot of corrections. Wait a while, then go on.")
    else:
        genre = form.cleaned_data["genre"]
        corrections.correct(ensure_visitor(request), classification, genre)
        messages.success(request, f"Thank you. You say: {corrections.spoken(genre)}.")
    return redirect(classification)


@require_POST
def uncorrect(request: HttpRequest, public_id: str) -> HttpResponse:
    classification = get_object_or_404(Classification, public_id=public_id)
    if corrections.withdraw(visitor_of(request), classification):
        messages.success(request, "Your correction was taken back.")
    return redirect(classification)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    ctx = {
        "history_days": settings.HISTORY_DAYS,
        "failures_days": settings.FAILURES_DAYS,
        "queue_days": retention.QUEUE_DAYS,
        "counts_hours": retention.COUNTS_HOURS,
        "uploads_hours": retention.UPLOADS_HOURS,
        "thumbnail_days": thumbnails.KEEP_DAYS,
        "session_days": settings.SESSION_COOKIE_AGE // 86_400,
        "cookies": {
            "session": settings.SESSION_COOKIE_NAME,
            "csrf": settings.CSRF_COOKIE_NAME,
        },
        "limited": any(
            (settings.SEARCHES_PER_MINUTE, settings.JOBS_PER_HOUR, settings.CORRECTIONS_PER_HOUR)
        ),
    }
    return render(request, "privacy/privacy.html", ctx)
