"""Songs that sound like one, and a map of all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.similar.map import HEIGHT, WIDTH, song_map
from classifier.similar.songs import Viewer, similar_songs
from classifier.visitors.identity import visitor_of
from classifier.web.collection_access import may_see_collection
from classifier.web.result_context import result_context


@never_cache
@require_safe
def similar(request: HttpRequest, public_id: str) -> HttpResponse:
    """List the songs that sound most like one; with ?part=list, the list alone, for a script."""
    ctx = result_context(request, public_id)
    ctx["similar"] = similar_songs(ctx["classification"], viewer_of(request))
    is_part = request.GET.get("part") == "list"
    return render(request, "similar/_list.html" if is_part else "similar/similar.html", ctx)


@never_cache
@require_safe
def the_map(request: HttpRequest) -> HttpResponse:
    """Draw the songs that the visitor may see, those that sound alike beside each other."""
    found = song_map(viewer_of(request))
    by_genre: dict[str, list] = {}
    for point in found.points:
        by_genre.setdefault(point.classification.headline, []).append(point.classification)
    ctx = {
        "map": found,
        "width": WIDTH,
        "height": HEIGHT,
        "by_genre": sorted(by_genre.items()),
        "n_genres": len(serving.card().labels),
    }
    return render(request, "similar/map.html", ctx)


def viewer_of(request: HttpRequest) -> Viewer:
    return Viewer(visitor_of(request), may_see_collection(request))
