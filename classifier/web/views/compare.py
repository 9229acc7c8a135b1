"""Compare two answers side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.models import PUBLIC_ID, Classification, HistoryEntry
from classifier.results import explanations, wording
from classifier.visitors import history
from classifier.visitors.identity import visitor_of
from classifier.web.result_context import entry_of, result_context
from ml.registry.card import ModelCard

# How many of one's own answers are offered.
OFFERED = 50
LINK = re.compile(rf"/song/({PUBLIC_ID})(?:[/.?#]|$)")


@dataclass(frozen=True)
class Side:
    """One of the two answers.

    card, explanation : None before the answer, and where the model is retired
    apart : what tells it from another of the same title; "" where the titles differ
    """

    classification: Classification
    title: str
    apart: str
    card: ModelCard | None
    explanation: explanations.Explanation | None

    @property
    def name(self) -> str:
        return f"{self.title}, {self.apart}" if self.apart else self.title


@never_cache
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Compare ?a=...&b=..., of which b may be chosen here, or come as the link of a result."""
    if pasted := request.GET.get("link", "").strip():
        chosen = {"a": request.GET.get("a", ""), "b": public_id_in(pasted)}
        return redirect(f"{reverse('compare')}?{urlencode(chosen)}")
    asked = {key: _row(request.GET[key]) for key in ("a", "b") if key in request.GET}
    rows = [row for row in asked.values() if row]
    unknown = len(rows) < len(asked)
    failed = next((row for row in rows if row.is_failed), None)
    waiting = next((row for row in rows if not row.is_finished), None)
    ctx: dict[str, Any] = {
        **asked,
        "unknown": unknown,
        "failed": failed and _sides(request, [failed])[0],
    }
    if not (unknown or failed) and (waiting or len(rows) == 2):
        ctx["sides"] = _sides(request, rows)
    elif (first := asked.get("a")) and first.is_done:
        ctx["chosen"] = _sides(request, [first])[0]
        ctx["other_models"] = serving.other_models(first)
    if waiting and "sides" in ctx:
        # The script waits for one side; the page is then loaded again, to wait for the other.
        ctx["waiting"] = waiting
        ctx["status"] = result_context(request, waiting.public_id)
    else:
        ctx["options"] = _options(request, asked.get("a"))
    ctx["page_title"] = _page_title(ctx.get("sides", []))
    return render(request, "compare/compare.html", ctx, status=404 if unknown else 200)


def public_id_in(text: str) -> str:
    """Return the id in the link of a result, or the id itself, or ""."""
    if found := LINK.search(text):
        return found[1]
    return text if re.fullmatch(PUBLIC_ID, text) else ""


def _page_title(sides: list[Side]) -> str:
    if len(sides) < 2:
        return "Compare"
    one, other = sides
    if one.apart:
        return f"{one.title}: {one.apart} and {other.apart}"
    return f"{one.title} and {other.title}"


def _options(request: HttpRequest, chosen: Classification | None) -> list[tuple[str, str]]:
    """The visitor's own latest answers but the one that was chosen: (public id, words)."""
    entries = history.entries_of(visitor_of(request))
    entries = entries.filter(classification__state=Classification.State.DONE)[:OFFERED]
    serving_id = serving.card().model_id
    return [
        (entry.classification.public_id, _option(entry, serving_id))
        for entry in entries
        if entry.classification != chosen
    ]


def _option(entry: HistoryEntry, serving_id: str) -> str:
    row = entry.classification
    genre = serving.headline(row)
    by = f", by {row.model_id}" if row.model_id != serving_id else ""
    # An option holds no bdi, so two characters isolate a title that turns the writing round.
    return f"\u2068{entry.display_title}\u2069: {genre}, {wording.origin(row)}{by}"


def _row(public_id: str) -> Classification | None:
    if not re.fullmatch(PUBLIC_ID, public_id):
        return None
    return Classification.objects.filter(public_id=public_id).first()


def _sides(request: HttpRequest, rows: list[Classification]) -> list[Side]:
    entries = [entry_of(request, row) for row in rows]
    titles = [
        entry.display_title if entry else row.display_title
        for entry, row in zip(entries, rows, strict=True)
    ]
    alike = len(rows) == 2 and titles[0] == titles[1]
    aparts = _apart(*rows) if alike else ("", "")
    return [_side(*parts) for parts in zip(rows, titles, aparts, strict=False)]


def _side(row: Classification, title: str, apart: str) -> Side:
    card = serving.card_of(row) if row.is_done else None
    return Side(row, title, apart, card, explanations.explain(row, card) if card else None)


def _apart(first: Classification, second: Classification) -> tuple[str, str]:
    """Return what tells two of one title apart: the first of these in which they differ."""
    for describe in (
        lambda row: row.model_id,
        lambda row: row.get_source_display(),
        lambda row: "the whole song" if row.extent == Classification.Extent.WHOLE else "excerpts",
        lambda row: row.artist,
    ):
        words = describe(first), describe(second)
        if words[0] != words[1] and all(words):
            return words
    return "first", "second"
