"""The operator's own music: search, albums, statistics, covers and sound."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from classifier.collection import covers
from classifier.collection.answers import album_answer, answers_of, with_genre
from classifier.collection.search import matching
from classifier.collection.statistics import statistics
from classifier.models import CollectionTrack
from classifier.sources import collection as source
from classifier.sources.base import SourceError, Track
from classifier.web.collection_access import for_the_collection
from classifier.web.forms import CollectionForm
from classifier.web.ranges import file_response
from classifier.web.tiles import tiles

PAGE = 48
TYPES = {
    ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".oga": "audio/ogg",
    ".opus": "audio/ogg", ".m4a": "audio/mp4", ".m4b": "audio/mp4", ".mp4": "audio/mp4",
    ".aac": "audio/aac", ".wav": "audio/wav", ".webm": "audio/webm", ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
}  # fmt: skip


@never_cache
@require_safe
@for_the_collection
def collection(request: HttpRequest) -> HttpResponse:
    """List the collection: all of it, what a search finds, or what is heard as one genre."""
    form = CollectionForm(request.GET)
    filters = form.filters()
    rows = _filtered(**filters)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    ctx = {
        "form": form,
        "page": page,
        "tiles": _tiles(list(page)),
        "query": form.encoded(),
        "filtered": bool(filters),
        "statistics": None if filters else statistics(),
    }
    return render(
        request, "collection/collection.html", ctx, status=200 if form.is_valid() else 400
    )


@never_cache
@require_safe
@for_the_collection
def album(request: HttpRequest, key: str) -> HttpResponse:
    """Show an album's tracks, and one answer made of theirs."""
    tracks = list(CollectionTrack.objects.filter(album_key=key).order_by("track_number", "title"))
    if not tracks:
        raise Http404
    answers = answers_of(tracks)
    ctx = {
        "album": tracks[0],
        "answer": album_answer(tracks, answers),
        "rows": [(track, answers.get(track.audio)) for track in tracks],
        "tiles": _tiles(tracks),
    }
    return render(request, "collection/album.html", ctx)


@require_safe
@for_the_collection
def audio(request: HttpRequest, audio: str) -> HttpResponseBase:
    """Play a file, whole or in parts."""
    try:
        path = source.path_of(audio)
        kind = TYPES.get(path.suffix.lower())
        if kind is None:
            raise Http404
        return file_response(request, path, kind)
    except (SourceError, OSError):
        raise Http404 from None


@cache_control(private=True, max_age=7 * 24 * 3600)
@require_safe
@for_the_collection
def cover(request: HttpRequest, name: str) -> HttpResponseBase:
    try:
        return FileResponse(covers.path_of(name).open("rb"), content_type="image/jpeg")
    except (ValueError, OSError):
        raise Http404 from None


def _filtered(q: str = "", genre: str = "") -> QuerySet[Any]:
    rows = matching(CollectionTrack.objects.all(), q)
    return with_genre(rows).filter(heard=genre) if genre else rows


def _tiles(rows: list[CollectionTrack]) -> list[dict]:
    """Return tiles with the album each is of; a file that cannot be heard has no button."""
    found = tiles([_track(row) for row in rows])
    return [
        tile | {"album_key": row.album_key, "album": row.album, "error": row.error}
        for tile, row in zip(found, rows, strict=True)
    ]


def _track(row: CollectionTrack) -> Track:
    return Track(
        source=source.SOURCE,
        source_id=row.audio,
        title=row.title,
        artist=row.artist,
        duration_s=row.duration_s,
        thumbnail_url=reverse("collection_cover", args=[row.cover]) if row.cover else "",
        choosable=bool(row.audio),
    )
