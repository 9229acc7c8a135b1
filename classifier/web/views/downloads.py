"""Downloads of answers and histories."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from classifier import serving
from classifier.models import Classification
from classifier.results import explanations, exports
from classifier.staff.sessions import is_staff
from classifier.visitors.history import entries_of
from classifier.visitors.identity import visitor_of
from classifier.web.forms import HistoryForm
from classifier.web.result_context import entry_of
from classifier.web.streams import download


@never_cache
@require_GET
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    rows = (item.values() for item in _history_items(request))
    return download(exports.csv_lines(exports.HISTORY_COLUMNS, rows), "text/csv", "history.csv")


@never_cache
@require_GET
def history_json(request: HttpRequest) -> StreamingHttpResponse:
    lines = exports.json_lines(_history_items(request))
    return download(lines, "application/json", "history.json")


def _history_items(request: HttpRequest) -> Iterator[dict]:
    entries = entries_of(visitor_of(request), **HistoryForm(request.GET).filters())
    return exports.history_items(entries, request.build_absolute_uri)


def _answer(request: HttpRequest, classification: Classification) -> dict:
    item = exports.answer(
        classification,
        request.build_absolute_uri(classification.get_absolute_url()),
        entry_of(request, classification),
        serving.labels_of(classification),
        explanations.refused_as(classification, serving.card_of(classification)),
    )
    if "versions" in item and not is_staff(request):
        item["versions"] = {}
    return item


@never_cache
@require_safe
def classification_json(request: HttpRequest, public_id: str) -> JsonResponse:
    """Return all that is stored of an answer; before there is one, its `state`.

    `versions`, of the libraries that made it, is empty for all but staff.
    """
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
    return download(lines, "text/csv", f"song-{public_id}.csv")
