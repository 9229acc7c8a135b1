"""A playlist's videos, to choose from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classifier.sources.base import SourceError
from classifier.sources.youtube import links
from classifier.sources.youtube import source as youtube
from classifier.visitors import rate_limits
from classifier.web import signed_tracks
from classifier.web.tiles import tiles

TOO_MANY = "That was a lot of searching. Wait a minute, then open the playlist again."


@never_cache
@require_safe
def playlist(request: HttpRequest) -> HttpResponse:
    ctx: dict = {"limit": settings.PLAYLIST_MAX_VIDEOS}
    try:
        playlist_id = links.checked_playlist(request.GET.get("list", ""))
    except SourceError as error:
        ctx["error"] = error.words
        return render(request, "playlist/playlist.html", ctx, status=400)
    if settings.YOUTUBE_ENABLED and not rate_limits.search_allowed(request):
        ctx["error"] = TOO_MANY
        response = render(request, "playlist/playlist.html", ctx, status=429)
        response["Retry-After"] = str(rate_limits.seconds_left(rate_limits.MINUTE_S))
        return response
    try:
        found = youtube.playlist(playlist_id)
    except SourceError as error:
        ctx["error"] = error.words
        return render(request, "playlist/playlist.html", ctx)
    items = tiles(list(found.tracks))
    ctx |= {
        "playlist": found,
        "items": items,
        "choosable": any(item["track"].choosable or item["known"] for item in items),
        "signed_playlist": signed_tracks.sign_playlist(found),
    }
    return render(request, "playlist/playlist.html", ctx)
