"""Batches: songs asked for together, and one page on which their answers arrive."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from classifier import batches
from classifier.models import Batch, Worker
from classifier.results import exports
from classifier.sources.base import Track
from classifier.visitors import rate_limits
from classifier.visitors.identity import Visitor, visitor_of
from classifier.web import signed_tracks
from classifier.web.streams import download
from classifier.web.throttling import too_many_jobs


@require_http_methods(["GET", "POST"])
def start_batch(request: HttpRequest) -> HttpResponse:
    """Ask for the chosen songs of a playlist."""
    if request.method == "GET":  # somebody pressed Enter in the address bar
        return redirect("home")
    playlist = signed_tracks.unsign_playlist(request.POST.get("playlist", ""))
    if playlist is None:
        messages.error(request, "That playlist is no longer valid. Please open it once more.")
        return redirect("home")
    playlist_id, title = playlist
    tracks = _chosen(request)
    if not tracks:
        messages.error(request, "Choose at least one song first.")
        return redirect(f"{reverse('playlist')}?list={playlist_id}")
    visitor = Visitor(request)
    if not rate_limits.batch_allowed(request):
        return too_many_jobs(request, visitor)
    return redirect(batches.start(visitor, tracks, title=title, playlist_id=playlist_id))


def _chosen(request: HttpRequest) -> list[Track]:
    """Return the videos that were chosen, as many as a playlist may have; forged ones are none."""
    choices = request.POST.getlist("choice")[: settings.PLAYLIST_MAX_VIDEOS]
    tracks = (signed_tracks.unsign(choice) for choice in choices)
    return [track for track in tracks if track and track.source == "youtube"]


@never_cache
@require_safe
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    return render(request, "batch/batch.html", _context(request, public_id))


@never_cache
@require_GET
def batch_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """Render the part of the page that changes; X-Finished makes the script go on."""
    ctx = _context(request, public_id)
    response = render(request, "batch/_status.html", ctx)
    response["X-Finished"] = "no" if ctx["progress"].waiting else "yes"
    return response


@require_POST
def ask_for_rest(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the songs that a limit held back."""
    own = _own(request, public_id)
    if not batches.ask(own, Visitor(request)) and own.held_back:
        messages.info(request, "None could be asked for yet. They are kept: try again in a while.")
    return redirect(own)


@require_POST
def forget_batch(request: HttpRequest, public_id: str) -> HttpResponse:
    _own(request, public_id).delete()
    messages.success(request, "The list is forgotten. Its songs are still in your history.")
    return redirect("history")


@never_cache
@require_GET
def batch_csv(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    own = _own(request, public_id)
    items = exports.batch_items(batches.progress(own).entries, request.build_absolute_uri)
    lines = exports.csv_lines(exports.BATCH_COLUMNS, (item.values() for item in items))
    return download(lines, "text/csv", f"songs-{own.public_id}.csv")


@never_cache
@require_GET
def batch_json(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    own = _own(request, public_id)
    items = exports.batch_items(batches.progress(own).entries, request.build_absolute_uri)
    return download(exports.json_lines(items), "application/json", f"songs-{own.public_id}.json")


def _own(request: HttpRequest, public_id: str) -> Batch:
    return get_object_or_404(Batch.objects.for_visitor(visitor_of(request)), public_id=public_id)


def _context(request: HttpRequest, public_id: str) -> dict:
    own = _own(request, public_id)
    progress = batches.progress(own)
    return {
        "batch": own,
        "progress": progress,
        "at_once": settings.JOBS_AT_ONCE,
        "history_days": settings.HISTORY_DAYS,
        "worker_alive": not progress.waiting or Worker.objects.alive().exists(),
    }
