"""Images: spectrogram and share image of an answer, thumbnails of videos."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from classifier import serving
from classifier.models import UPLOADED, Classification, Spectrogram
from classifier.results import explanations, wording
from classifier.results.share_image import draw as draw_share_image
from classifier.sources.youtube import cooldown, thumbnails
from classifier.visitors import rate_limits

# Raise it when `results.share_image` draws something else, so that cached copies are out of date.
SHARE_IMAGE_VERSION = 3
SHARE_IMAGE_KEPT_S = 3600


@require_safe
@cache_control(private=True, max_age=30 * 24 * 3600, immutable=True)
def spectrogram(request: HttpRequest, public_id: str) -> HttpResponse:
    """Serve the stored spectrogram; it never changes, so it may be cached for long."""
    picture = get_object_or_404(
        Spectrogram,
        classification__public_id=public_id,
        classification__state=Classification.State.DONE,
    )
    return HttpResponse(bytes(picture.png), content_type="image/png")


def _etag(request: HttpRequest, public_id: str) -> str | None:
    row = (
        Classification.objects.done()
        .filter(public_id=public_id)
        .values_list("finished_at", "title", "genre", "confidence", "is_outside", "is_music")
        .first()
    )
    if row is None:
        return None
    digest = hashlib.sha256(f"{SHARE_IMAGE_VERSION} {public_id} {row}".encode()).hexdigest()
    return f'"{digest[:20]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_etag)
def share_image(request: HttpRequest, public_id: str) -> HttpResponse:
    """Draw the share image; the name of an upload is not in it, as only its sender may see it."""
    etag = _etag(request, public_id)
    if etag is None:
        raise Http404
    host = request.get_host()
    # Drawing takes a tenth of a second of the processor; whoever asks again gets the same image.
    key = f"share-image-{hashlib.sha256(f'{etag} {host}'.encode()).hexdigest()}"
    png = cache.get_or_set(key, lambda: _drawn(public_id, host), SHARE_IMAGE_KEPT_S)
    return HttpResponse(png, content_type="image/png")


def _drawn(public_id: str, host: str) -> bytes:
    classification = get_object_or_404(Classification.objects.done(), public_id=public_id)
    card = serving.card_of(classification)
    is_upload = classification.source == Classification.Source.UPLOAD
    return draw_share_image(
        name=render_to_string("_wordmark.html").strip(),
        host=host,
        headline=classification.headline,
        answer=serving.headline(classification),
        beside=wording.beside(classification, explanations.refused_as(classification, card)),
        ranked=classification.ranked,
        colours={genre: serving.genre_colour(genre).light for genre, _ in classification.ranked},
        title=UPLOADED if is_upload else classification.display_title,
    )


# The signature does not expire, and a thumbnail changes seldom.
KEEP_S = 7 * 24 * 3600


NONE_S = 60  # a missing thumbnail may be there the next time


@require_safe
def thumbnail(request: HttpRequest, video_id: str) -> HttpResponse:
    """Serve a cached thumbnail, or fetch it now; on 404 the tile shows its placeholder."""
    picture = None
    if settings.YOUTUBE_ENABLED and thumbnails.is_ours(video_id, request.GET.get("s", "")):
        picture = thumbnails.kept(video_id)
        if picture is None and _may_be_fetched(request, video_id):
            picture = thumbnails.fetched(video_id)
    if picture is None:
        response = HttpResponse(status=404, content_type="text/plain")
        patch_cache_control(response, private=True, max_age=NONE_S)
        return response
    response = HttpResponse(picture, content_type="image/jpeg")
    response["ETag"] = f'"{hashlib.sha256(picture).hexdigest()[:20]}"'
    # Pages of other sites may not embed thumbnails from here.
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_cache_control(response, public=True, max_age=KEEP_S)
    return get_conditional_response(request, response["ETag"], response=response) or response


def _may_be_fetched(request: HttpRequest, video_id: str) -> bool:
    """Tell whether to wait for it; what is being fetched already is not counted again."""
    if not thumbnails.is_wanted(video_id):
        return True  # it is being fetched, or YouTube will not be asked
    return not cooldown.current("youtube") and rate_limits.picture_allowed(request)
