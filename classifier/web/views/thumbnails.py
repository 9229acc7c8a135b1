"""The small picture of a video on a card."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from classifier.sources.youtube import cooldown, thumbnails
from classifier.visitors import rate_limits

# The signature does not end, and a picture changes seldom.
KEEP_S = 7 * 24 * 3600
NONE_S = 60  # what is missing may be there the next time


@require_safe
def thumbnail(request: HttpRequest, video_id: str) -> HttpResponse:
    """The picture as it is kept here, or fetched now; nothing, and the card shows its sleeve."""
    picture = None
    if settings.YOUTUBE_ENABLED and thumbnails.is_ours(video_id, request.GET.get("s", "")):
        picture = thumbnails.kept(video_id)
        if picture is None and _may_be_fetched(request, video_id):
            picture = thumbnails.fetched(video_id)
    if picture is None:
        response = HttpResponse(status=404, content_type="text/plain")
        patch_cache_control(response, private=True, max_age=NONE_S)
        # Otherwise Django writes a line for each, with the video in it.
        response._has_been_logged = True
        return response
    response = HttpResponse(picture, content_type="image/jpeg")
    response["ETag"] = f'"{hashlib.sha256(picture).hexdigest()[:20]}"'
    # No page of another site may use this one's address for its own pictures.
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_cache_control(response, public=True, max_age=KEEP_S)
    return get_conditional_response(request, etag=response["ETag"], response=response)


def _may_be_fetched(request: HttpRequest, video_id: str) -> bool:
    """Whether to wait for it: what is under way is not counted again."""
    if not thumbnails.is_wanted(video_id):
        return True  # it is coming, or nobody will be asked
    return not cooldown.current("youtube") and rate_limits.picture_allowed(request)
