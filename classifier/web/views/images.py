"""The two pictures of an answer: what was heard, and what other sites show beside a link."""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from classifier.models import UPLOADED, Classification, Picture
from classifier.results import share_image as drawing

# Raise it when the drawing changes, so that what others have kept is out of date.
DRAWING = 2


@require_safe
@cache_control(private=True, max_age=30 * 24 * 3600, immutable=True)
def spectrogram(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the worker drew while it listened; it is never drawn again, so it may be kept long."""
    picture = get_object_or_404(
        Picture,
        classification__public_id=public_id,
        classification__state=Classification.State.DONE,
    )
    return HttpResponse(bytes(picture.png), content_type="image/png")


def _etag(request: HttpRequest, public_id: str) -> str | None:
    row = (
        Classification.objects.done()
        .filter(public_id=public_id)
        .values_list("finished_at", "title")
        .first()
    )
    if row is None:
        return None
    digest = hashlib.sha256(f"{DRAWING} {public_id} {row}".encode()).hexdigest()
    return f'"{digest[:20]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_etag)
def share_image(request: HttpRequest, public_id: str) -> HttpResponse:
    """Drawn when it is asked for. What an upload is called stands in its sender's history alone."""
    classification = Classification.objects.done().filter(public_id=public_id).first()
    if classification is None:
        raise Http404
    is_upload = classification.source == Classification.Source.UPLOAD
    png = drawing.draw(
        name=render_to_string("_wordmark.html").strip(),
        host=request.get_host(),
        headline=classification.headline,
        confidence=classification.confidence or 0.0,
        ranked=classification.ranked,
        title=UPLOADED if is_upload else classification.display_title,
    )
    return HttpResponse(png, content_type="image/png")
