"""/collection and /songs/ID/similar: the operator's music, and songs that sound alike."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router

from classifier import serving
from classifier.collection.answers import answers_of, with_genre
from classifier.collection.search import matching
from classifier.genres import NO_GENRE
from classifier.models import CollectionTrack
from classifier.similar.songs import Viewer, similar_songs
from classifier.sources.collection import SOURCE
from classifier.visitors import tokens

from .auth import READ, ApiRequest
from .collection_access import may_see_collection, require_collection
from .problems import Problem
from .resources import brief
from .responses import problems
from .schemas import CollectionList, Json, SimilarSongs
from .songs import MOST_LISTED, row_of

router = Router(tags=["Collection"])

MOST_SIMILAR = 50


@router.get(
    "/collection",
    auth=READ,
    response={200: CollectionList, **problems(401, 403, 422, 503)},
    operation_id="list_collection",
    summary="List and search the collection",
)
def collection(
    request: ApiRequest,
    q: Annotated[str, Query(max_length=200, description="Words of title, artist or album")] = "",
    genre: Annotated[str, Query(max_length=64, description="What it is heard as, or `none`")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many")] = 50,
    cursor: Annotated[int, Query(ge=0, le=2**62, description="`next_cursor` of before")] = 0,
) -> Json:
    """List the music that the operator has taken in. Each `source_id` can be asked for."""
    require_collection(request.auth)
    if "\0" in q:
        raise Problem("invalid", "Words hold no NUL.")
    if genre and genre not in (*serving.card().labels, NO_GENRE):
        raise Problem("invalid", f"The genres are {', '.join(serving.card().labels)} and none.")
    rows = matching(CollectionTrack.objects.filter(pk__gt=cursor), q).order_by("pk")
    if genre:
        rows = with_genre(rows).filter(heard=genre)
    found = list(rows[: limit + 1])
    page = found[:limit]
    answers = answers_of(page)
    return {
        "items": [_item(row, answers) for row in page],
        "next_cursor": page[-1].pk if len(found) > limit else None,
    }


@router.get(
    "/songs/{song_id}/similar",
    auth=READ,
    response={200: SimilarSongs, **problems(401, 403, 404, 422, 503)},
    operation_id="similar_songs",
    summary="Songs that sound alike",
)
def similar(
    request: ApiRequest,
    song_id: str,
    n: Annotated[int, Query(ge=1, le=MOST_SIMILAR, description="How many")] = 10,
) -> Json:
    """Return the songs that sound most like an answered one, the nearest first.

    Looked for among the site's own tracks, what this token has asked for, and the collection where
    it may be seen.
    """
    row = row_of(song_id)
    viewer = Viewer(tokens.visitor_name(request.auth), may_see_collection(request.auth))
    return {
        "items": [
            {"likeness": one.likeness, "song": brief(one.classification)}
            for one in similar_songs(row, viewer, n)
        ]
    }


def _item(row: CollectionTrack, answers: dict) -> Json:
    answer = answers.get(row.audio)
    return {
        "source": SOURCE,
        "source_id": row.audio or None,
        "title": row.title,
        "artist": row.artist,
        "album": row.album,
        "duration_s": row.duration_s,
        "genre_in_tags": row.genre_tag,
        "error": row.error,
        "song": brief(answer) if answer and answer.is_done else None,
    }
