"""Home page and search."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from classifier.sources import library
from classifier.sources.base import SourceError
from classifier.sources.youtube import links
from classifier.sources.youtube import source as youtube
from classifier.sources.youtube.links import looks_like_link
from classifier.visitors import rate_limits
from classifier.web.forms import MAX_QUERY, SearchForm, UploadForm
from classifier.web.tiles import tiles


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    ctx = {"library": tiles(library.tracks()), "upload_form": UploadForm()}
    return render(request, "home/home.html", ctx)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    query = request.GET.get("q", "")[:MAX_QUERY]
    ctx = {"form": form, "query": query, "upload_form": UploadForm()}
    if not form.is_valid():
        ctx["library"] = tiles(library.tracks())
        return render(request, "search/search.html", ctx, status=400)
    query = form.cleaned_data["q"]
    if settings.YOUTUBE_ENABLED and _read_playlist(query, ctx):
        return redirect(f"{reverse('playlist')}?{urlencode({'list': ctx['playlist_id']})}")
    ctx["found_in_library"] = tiles(library.search(query))
    if settings.YOUTUBE_ENABLED and "youtube_error" not in ctx:
        _search_youtube(request, form, ctx)
    if not ctx["found_in_library"] and not ctx.get("found_on_youtube"):
        ctx["library"] = tiles(library.tracks())
    return render(request, "search/search.html", ctx)


def _read_playlist(query: str, ctx: dict) -> bool:
    """Note the playlist that a link names, or why it cannot be had; tell whether it is all.

    The link of a video in a playlist leads to both.
    """
    named = links.named_playlist(query)
    if not named:
        return False
    has_video = links.leads_to_video(query)
    try:
        ctx["playlist_id"] = links.checked_playlist(named)
        return not has_video
    except SourceError as error:
        ctx["playlist_error" if has_video else "youtube_error"] = error.words
        return False


def _search_youtube(request: HttpRequest, form: SearchForm, ctx: dict) -> None:
    # A pasted link is opened without a request, so it is not counted.
    if not looks_like_link(form.cleaned_data["q"]) and not rate_limits.search_allowed(request):
        ctx["youtube_error"] = "That was a lot of searching. Wait a minute, then search again."
        return
    wanted = form.cleaned_data["n"] or youtube.RESULTS
    try:
        ctx["found_on_youtube"] = tiles(youtube.find(form.cleaned_data["q"], wanted))
    except SourceError as error:
        ctx["youtube_error"] = error.words
    # Fewer than asked for: there are no more.
    if len(ctx.get("found_on_youtube", [])) == wanted < youtube.MOST_RESULTS:
        ctx["more"] = min(wanted * 2, youtube.MOST_RESULTS)
