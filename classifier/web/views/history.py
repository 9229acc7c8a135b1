"""The visitor's history, and its deletion."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from classifier.models import Batch
from classifier.visitors import corrections
from classifier.visitors import history as visitor_history
from classifier.visitors.identity import SESSION_KEY, visitor_of
from classifier.web.forms import HistoryForm

MOST_BATCHES = 50  # shown, the newest


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET)
    filters = form.filters()
    visitor = visitor_of(request)
    page = visitor_history.page_of(
        visitor_history.entries_of(visitor, **filters),
        settings.HISTORY_PAGE_SIZE,
        older=request.GET.get("older", ""),
        newer=request.GET.get("newer", ""),
    )
    batches = Batch.objects.for_visitor(visitor).annotate(songs=Count("entries"))[:MOST_BATCHES]
    ctx = {
        "page": page,
        "batches": batches if visitor else [],
        "form": form,
        "filtered": bool(filters),
        "has_any": bool(page.entries) or visitor_history.entries_of(visitor).exists(),
        # What the links to other pages and to the exports keep of the address.
        "query": form.encoded(),
        # What "Forget" keeps: the same page of the same search.
        "here": urlencode(filters | _edge(request.GET)),
        "history_days": settings.HISTORY_DAYS,
    }
    return render(request, "history/history.html", ctx, status=200 if form.is_valid() else 400)


def _edge(data: QueryDict) -> dict:
    """Return the cursor at which a page begins or ends, where it can be read."""
    return {
        side: data[side]
        for side in ("newer", "older")
        if visitor_history.read_cursor(data.get(side, ""))
    }


@require_POST
def forget_entry(request: HttpRequest, pk: int) -> HttpResponse:
    if visitor_history.forget(visitor_of(request), pk):
        messages.success(request, "That song is no longer in your history.")
    else:
        messages.error(request, "That song is not in your history.")
    # Back to the same page. What was sent is parsed as the history page does and encoded again, so
    # that it cannot lead elsewhere.
    here = QueryDict(request.POST.get("here", ""))
    query = urlencode(HistoryForm(here).filters() | _edge(here))
    return redirect(f"{reverse('history')}?{query}" if query else "history")


@require_POST
def forget_all(request: HttpRequest) -> HttpResponse:
    visitor_history.forget(visitor_of(request))
    # The next song is asked for under a new name, so nothing that is left leads to this visitor.
    # An account's name stays, so what is left gets another one.
    corrections.let_go(visitor_of(request))
    request.session.pop(SESSION_KEY, None)
    messages.success(request, "Your history is empty: everything in it was forgotten.")
    return redirect("history")
