"""/search: songs to ask for, as on the start page."""

from __future__ import annotations

from typing import Annotated

from django.conf import settings
from ninja import Query, Router

from classifier import serving
from classifier.models import Classification
from classifier.sources import library
from classifier.sources.base import SourceError, Track
from classifier.sources.youtube import source as youtube
from classifier.sources.youtube.links import looks_like_link
from classifier.visitors import rate_limits

from .auth import READ, ApiRequest
from .problems import Problem, of_source
from .responses import problems
from .schemas import Json, SearchResults

router = Router(tags=["Songs"])


@router.get(
    "/search",
    auth=READ,
    response={200: SearchResults, **problems(401, 403, 422, 429, 503)},
    operation_id="search",
    summary="Search",
)
def search(
    request: ApiRequest,
    q: Annotated[str, Query(min_length=1, max_length=200, description="Words, or a link")],
    n: Annotated[
        int, Query(ge=1, le=youtube.MOST_RESULTS, description="How many of YouTube at most")
    ] = youtube.RESULTS,
) -> Json:
    """Find tracks of the site and videos of YouTube. Each `source_id` can be asked for."""
    words = q.strip()
    if not words or "\0" in words:
        raise Problem("invalid", "Send a song, an artist or a genre as `q`.")
    found = library.search(words)
    if settings.YOUTUBE_ENABLED:
        found += _on_youtube(request, words, n)
    known = serving.answers_to([(track.source, track.source_id) for track in found])
    return {"items": [_item(track, known.get((track.source, track.source_id))) for track in found]}


def _on_youtube(request: ApiRequest, words: str, n: int) -> list[Track]:
    # A pasted link is opened without a request, so it is not counted.
    if not looks_like_link(words) and not rate_limits.token_search_allowed(request.auth):
        raise Problem(
            "rate_limited",
            "That was a lot of searching. Wait a minute, then search again.",
            retry_s=rate_limits.seconds_left(rate_limits.MINUTE_S),
        )
    try:
        return youtube.find(words, n)
    except SourceError as error:
        raise of_source(error) from None


def _item(track: Track, row: Classification | None) -> Json:
    return {
        "source": track.source,
        "source_id": track.source_id,
        "title": track.title,
        "artist": track.artist,
        "duration_s": track.duration_s,
        "views": track.views,
        "note": track.note,
        "may_be_asked_for": track.choosable,
        "song": row
        and {
            "id": row.public_id,
            "genre": row.genre,
            "confidence": row.confidence,
            "none_of_the_ten": row.is_outside,
        },
    }
