"""The pages. Light: no view imports TensorFlow or librosa, directly or through others."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from ml.card import read_card
from ml.errors import BundleError

from . import choices, jobs, sources, uploads
from .forms import MAX_QUERY, SearchForm, UploadForm
from .models import Classification, HistoryEntry, Worker
from .sources import SourceError, library, youtube
from .visitors import ensure_visitor, visitor_of


def _card():
    return read_card(settings.MODEL_ID or None)


def _cards(tracks: list[sources.Track]) -> list[dict]:
    """What a track card shows: the track, its signed choice, and the answer if there is one."""
    known = {
        (c.source, c.source_id): c
        for c in Classification.objects.done().filter(
            model_id=_card().model_id, source_id__in=[track.source_id for track in tracks]
        )
    }
    return [
        {
            "track": track,
            "choice": choices.sign(track),
            "known": known.get((track.source, track.source_id)),
        }
        for track in tracks
    ]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    ctx = {"library": _cards(library.tracks()), "upload_form": UploadForm()}
    return render(request, "classifier/home.html", ctx)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    query = request.GET.get("q", "")[:MAX_QUERY]
    ctx = {"form": form, "query": query, "upload_form": UploadForm()}
    if not form.is_valid():
        ctx["library"] = _cards(library.tracks())
        return render(request, "classifier/search.html", ctx, status=400)
    query = form.cleaned_data["q"]
    ctx["found_in_library"] = _cards(library.search(query))
    if settings.YOUTUBE_ENABLED:
        try:
            ctx["found_on_youtube"] = _cards(youtube.find(query))
        except SourceError as error:
            ctx["youtube_error"] = str(error)
    if not ctx["found_in_library"] and not ctx.get("found_on_youtube"):
        ctx["library"] = _cards(library.tracks())
    return render(request, "classifier/search.html", ctx)


@require_http_methods(["GET", "POST"])
def classify(request: HttpRequest) -> HttpResponse:
    """Ask for the genre of a chosen track."""
    if request.method == "GET":  # somebody pressed Enter in the address bar
        return redirect("home")
    track = choices.unsign(request.POST.get("choice", ""))
    if track is None:
        messages.error(request, "That choice is no longer valid. Please search once more.")
        return redirect("home")
    classification = jobs.request_classification(
        track, _card().model_id, visitor=ensure_visitor(request)
    )
    return redirect(classification)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("home")
    form = UploadForm(
        request.POST, request.FILES, too_large=getattr(request, "upload_too_large", False)
    )
    if not form.is_valid():
        ctx = {"library": _cards(library.tracks()), "upload_form": form}
        return render(request, "classifier/home.html", ctx, status=400)
    file = form.cleaned_data["file"]
    sha256 = uploads.keep(file)
    classification = jobs.request_classification(
        sources.describe("upload", sha256),
        _card().model_id,
        visitor=ensure_visitor(request),
        title=file.name,
    )
    if classification.is_done:
        uploads.remove(sha256)
    return redirect(classification)


def _result_context(request: HttpRequest, public_id: str) -> dict:
    classification = get_object_or_404(Classification, public_id=public_id)
    entry = (
        HistoryEntry.objects.for_visitor(visitor_of(request))
        .filter(classification=classification)
        .first()
    )
    ctx = {
        "classification": classification,
        "title": entry.display_title if entry else classification.display_title,
    }
    if not classification.is_finished:
        workers = list(Worker.objects.alive())
        ctx["worker_alive"] = bool(workers)
        ctx["worker_ready"] = any(worker.ready for worker in workers)
        ctx["ahead"] = classification.queue_position()
    return ctx


@never_cache
@require_safe
def classification(request: HttpRequest, public_id: str) -> HttpResponse:
    """The waiting page, then the result, under one permanent link."""
    ctx = _result_context(request, public_id)
    if ctx["classification"].is_done:
        try:
            ctx["card"] = read_card(ctx["classification"].model_id)
        except BundleError:  # the model has been retired since
            ctx["card"] = None
        return render(request, "classifier/result.html", ctx)
    ctx["upload_form"] = UploadForm()
    if ctx["classification"].is_failed:
        ctx["library"] = _cards(library.tracks())
    return render(request, "classifier/waiting.html", ctx)


@never_cache
@require_GET
def classification_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """The part of the waiting page that changes. X-Finished tells the script to load the result."""
    ctx = _result_context(request, public_id)
    response = render(request, "classifier/_status.html", ctx)
    response["X-Finished"] = "yes" if ctx["classification"].is_finished else "no"
    return response


@require_POST
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Try a failed classification again."""
    classification = get_object_or_404(Classification, public_id=public_id)
    if classification.is_failed and classification.retryable:
        try:
            sources.describe(classification.source, classification.source_id)
        except SourceError as error:
            messages.error(request, str(error))
            return redirect("home")
        track = sources.Track(classification.source, classification.source_id, classification.title)
        jobs.request_classification(track, classification.model_id)
    return redirect(classification)


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    entries = HistoryEntry.objects.for_visitor(visitor_of(request))
    page = Paginator(entries, settings.HISTORY_PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "classifier/history.html", {"page": page})


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/how_it_works.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html", {"library": library.tracks()})


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For monitors: any answer says that web and database are well, `status` how the worker is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    workers = list(Worker.objects.alive())
    ready = sum(worker.ready for worker in workers)
    body = {
        "status": "ok" if ready else "warming up" if workers else "no worker",
        "workers": len(workers),
        "workers_ready": ready,
        "waiting": Classification.objects.unfinished().count(),
        "model": _card().model_id,
    }
    return JsonResponse(body)
