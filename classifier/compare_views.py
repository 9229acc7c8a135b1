"""Two answers side by side, and the same song by another model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ml.card import Card, model_ids, read_card
from ml.errors import BundleError

from . import explanations, views
from .models import Classification, HistoryEntry
from .visitors import visitor_of

# How many of one's own answers are offered.
OFFERED = 50
PUBLIC_ID = re.compile(r"[\w-]{1,16}", re.ASCII)
LINK = re.compile(r"/song/([\w-]{1,16})(?:[/.?#]|$)", re.ASCII)


@dataclass(frozen=True)
class Side:
    """One of the two. card and account are None where the model has been retired."""

    classification: Classification
    title: str
    card: Card | None
    account: explanations.Account | None


@never_cache
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """?a=...&b=..., of which b may be chosen here, or come as the link of a result."""
    if pasted := request.GET.get("link", "").strip():
        chosen = {"a": request.GET.get("a", ""), "b": public_id_in(pasted)}
        return redirect(f"{reverse('compare')}?{urlencode(chosen)}")
    entries = list(
        HistoryEntry.objects.for_visitor(visitor_of(request)).filter(
            classification__state=Classification.State.DONE
        )[:OFFERED]
    )
    ctx = {"entries": entries, "problem": ""}
    for key in ("a", "b"):
        if (wanted := request.GET.get(key, "")) or key in request.GET:
            ctx[key] = _row(wanted)
            ctx["problem"] = ctx["problem"] or _problem(ctx[key])
    first, second = ctx.get("a"), ctx.get("b")
    ctx["waiting"] = next((row for row in (first, second) if row and not row.is_finished), None)
    if first and second and not ctx["problem"]:
        ctx["sides"] = [_side(request, row) for row in (first, second)]
    elif first and first.is_done:
        ctx["chosen"] = _side(request, first)
        ctx["other_models"] = other_models(first)
    return render(request, "classifier/compare.html", ctx, status=404 if _unknown(ctx) else 200)


def public_id_in(text: str) -> str:
    """The id in the link of a result, or the id itself; "" where there is none."""
    if found := LINK.search(text):
        return found[1]
    return text if PUBLIC_ID.fullmatch(text) else ""


def other_models(classification: Classification) -> list[str]:
    """The models that may be asked about the same recording. An upload is gone by now."""
    if classification.source == Classification.Source.UPLOAD:
        return []
    return [model_id for model_id in model_ids() if model_id != classification.model_id]


@require_POST
def rerun(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask another model about the same recording, and compare the two."""
    old = get_object_or_404(Classification, public_id=public_id)
    model_id = request.POST.get("model", "")
    if model_id not in other_models(old):
        messages.error(request, "That model cannot be asked about this recording.")
        return redirect(old)
    whole = old.extent == Classification.Extent.WHOLE
    response = views._ask_again(request, old, model_id, whole=whole)
    new = Classification.objects.filter(
        source=old.source, source_id=old.source_id, model_id=model_id, extent=old.extent
    ).first()
    if new and response.status_code == 302 and response.url == new.get_absolute_url():
        chosen = urlencode({"a": old.public_id, "b": new.public_id})
        return redirect(f"{reverse('compare')}?{chosen}")
    return response


def _row(public_id: str) -> Classification | None:
    return Classification.objects.filter(public_id=public_id).first()


def _unknown(ctx: dict) -> bool:
    return any(key in ctx and ctx[key] is None for key in ("a", "b"))


def _problem(row: Classification | None) -> str:
    if row is None:
        return "There is no such answer: the link may be mistyped, or the answer has been removed."
    if row.is_failed:
        return f"“{row.display_title}” got no answer, so there is nothing to compare."
    if not row.is_done:
        return f"“{row.display_title}” is still being listened to. This page looks again by itself."
    return ""


def _side(request: HttpRequest, row: Classification) -> Side:
    entry = views._entry_of(request, row)
    title = entry.display_title if entry else row.display_title
    try:
        card = read_card(row.model_id)
        return Side(row, title, card, explanations.account(row, card))
    except BundleError:
        return Side(row, title, None, None)
