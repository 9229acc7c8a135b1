"""The page of one classification, from waiting to the result."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from classifier import serving
from classifier.sources import collection, library
from classifier.staff.sessions import is_staff
from classifier.web import answer_parts
from classifier.web.collection_access import may_see_collection
from classifier.web.forms import UploadForm
from classifier.web.result_context import correction_context, result_context
from classifier.web.tiles import tiles


# The sender of a file plays it as a blob from their own browser's storage (sent-files.js).
# The types of csp_update know only views without arguments; it passes on whatever there is.
@csp_update({"media-src": [SELF, "blob:"]})  # type: ignore[arg-type]
@never_cache
@require_safe
def classification(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the waiting page, then the result, under one permanent link."""
    ctx = result_context(request, public_id)
    row = ctx["classification"]
    if row.is_done:
        # Not "card": that is the site's own model, and the footer's.
        ctx["model_card"] = card = serving.card_of(row)
        ctx["parts"] = answer_parts.of(row, card)
        ctx["is_staff"] = is_staff(request)  # exact versions are told to nobody else
        ctx["may_play"] = row.source == collection.SOURCE and may_see_collection(request)
        ctx["other_models"] = serving.other_models(row)
        if any(model.learned for model in ctx["other_models"]):
            ctx["answered_anew"] = row.answered_anew()
        ctx |= correction_context(request, row)
        return render(request, "result/result.html", ctx)
    ctx["upload_form"] = UploadForm()
    if row.is_failed:
        ctx["library"] = tiles(library.tracks())
    return render(request, "waiting/waiting.html", ctx)


@never_cache
@require_GET
def classification_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """Render the part of the waiting page that changes; X-Finished makes the script reload."""
    ctx = result_context(request, public_id)
    response = render(request, "waiting/_status.html", ctx)
    response["X-Finished"] = "yes" if ctx["classification"].is_finished else "no"
    return response
