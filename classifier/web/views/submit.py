"""The pages. Light: no view imports TensorFlow or librosa, directly or through others."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from classifier import jobs, serving, sources
from classifier.models import Classification, HistoryEntry, Worker
from classifier.operations.health import report as health_report
from classifier.results import explanations
from classifier.sources import SourceError, library, upload_store
from classifier.sources.youtube import source
from classifier.sources.youtube.links import looks_like_link
from classifier.visitors import corrections, rate_limits
from classifier.visitors.identity import ensure_visitor, visitor_of
from classifier.web import signed_tracks
from classifier.web.forms import MAX_QUERY, SearchForm, UploadForm
from ml.errors import BundleError
from ml.registry.card import read_card


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
            "choice": signed_tracks.sign(track),
            "known": known.get((track.source, track.source_id)),
        }
        for track in tracks
    ]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    ctx = {"library": _cards(library.tracks()), "upload_form": UploadForm()}
    return render(request, "home/home.html", ctx)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    query = request.GET.get("q", "")[:MAX_QUERY]
    ctx = {"form": form, "query": query, "upload_form": UploadForm()}
    if not form.is_valid():
        ctx["library"] = _cards(library.tracks())
        return render(request, "search/search.html", ctx, status=400)
    query = form.cleaned_data["q"]
    ctx["found_in_library"] = _cards(library.search(query))
    if settings.YOUTUBE_ENABLED:
        _search_youtube(request, form, ctx)
    if not ctx["found_in_library"] and not ctx.get("found_on_youtube"):
        ctx["library"] = _cards(library.tracks())
    return render(request, "search/search.html", ctx)


def _search_youtube(request: HttpRequest, form: SearchForm, ctx: dict) -> None:
    # A pasted link is opened without a request, so it is not counted.
    if not looks_like_link(form.cleaned_data["q"]) and not rate_limits.search_allowed(request):
        ctx["youtube_error"] = "That was a lot of searching. Wait a minute, then search again."
        return
    wanted = form.cleaned_data["n"] or source.RESULTS
    try:
        ctx["found_on_youtube"] = _cards(source.find(form.cleaned_data["q"], wanted))
    except SourceError as error:
        ctx["youtube_error"] = f"{error} {error.next_step}"
    # Fewer than asked for: there are no more.
    if len(ctx.get("found_on_youtube", [])) == wanted < source.MOST_RESULTS:
        ctx["more"] = min(wanted * 2, source.MOST_RESULTS)


def _refuse_flood(request: HttpRequest) -> HttpResponse | None:
    if rate_limits.job_allowed(request):
        return None
    response = render(request, "waiting/too_many.html", status=429)
    response["Retry-After"] = str(rate_limits.seconds_left(rate_limits.HOUR_S))
    return response


@require_http_methods(["GET", "POST"])
def classify(request: HttpRequest) -> HttpResponse:
    """Ask for the genre of a chosen track."""
    if request.method == "GET":  # somebody pressed Enter in the address bar
        return redirect("home")
    track = signed_tracks.unsign(request.POST.get("choice", ""))
    if track is None:
        messages.error(request, "That choice is no longer valid. Please search once more.")
        return redirect("home")
    # What is known already costs nothing, so it is never refused.
    if jobs.is_new(track, _card().model_id) and (refusal := _refuse_flood(request)):
        return refusal
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
    token = upload_store.token_of(request)
    if not form.is_valid():
        ctx = {"library": _cards(library.tracks()), "upload_form": form, "upload_token": token}
        return render(request, "home/home.html", ctx, status=400)
    if refusal := _refuse_flood(request):
        return refusal
    file = form.cleaned_data["file"]
    sha256 = upload_store.keep(file)
    classification = jobs.request_classification(
        sources.describe("upload", sha256),
        _card().model_id,
        visitor=ensure_visitor(request),
        title=file.name,
    )
    if classification.is_done:
        upload_store.remove(sha256)
    # A fragment, so that no log and no other site ever sees it: kept.js takes it off the address.
    fragment = f"#upload={token}" if token else ""
    return redirect(classification.get_absolute_url() + fragment)


def entry_of(request: HttpRequest, classification: Classification) -> HistoryEntry | None:
    entries = HistoryEntry.objects.for_visitor(visitor_of(request))
    return entries.filter(classification=classification).first()


def result_context(request: HttpRequest, public_id: str) -> dict:
    classification = get_object_or_404(Classification, public_id=public_id)
    entry = entry_of(request, classification)
    ctx = {
        "classification": classification,
        "is_sender": entry is not None,
        "start_s": entry.start_s if entry else 0,
        "heard_s": sum(end - start for start, end in classification.windows),
        "title": entry.display_title if entry else classification.display_title,
    }
    if not classification.is_finished:
        workers = list(Worker.objects.alive())
        ctx["worker_alive"] = bool(workers)
        ctx["worker_ready"] = any(worker.ready for worker in workers)
        ctx["ahead"] = classification.queue_position()
    return ctx


# Whoever sent a file hears it as a blob, out of their own browser's store (kept.js).
@csp_update({"media-src": [SELF, "blob:"]})
@never_cache
@require_safe
def classification(request: HttpRequest, public_id: str) -> HttpResponse:
    """The waiting page, then the result, under one permanent link."""
    ctx = result_context(request, public_id)
    if ctx["classification"].is_done:
        try:
            # Not "card": that is the site's own model, and the footer's.
            ctx["model_card"] = read_card(ctx["classification"].model_id)
            ctx["account"] = explanations.account(ctx["classification"], ctx["model_card"])
        except BundleError:  # the model has been retired since
            ctx["model_card"] = None
        ctx["other_models"] = serving.other_models(ctx["classification"])
        ctx |= corrections.context_for(request, ctx["classification"])
        return render(request, "result/result.html", ctx)
    ctx["upload_form"] = UploadForm()
    if ctx["classification"].is_failed:
        ctx["library"] = _cards(library.tracks())
    return render(request, "waiting/waiting.html", ctx)


@never_cache
@require_GET
def classification_status(request: HttpRequest, public_id: str) -> HttpResponse:
    """The part of the waiting page that changes. X-Finished tells the script to load the result."""
    ctx = result_context(request, public_id)
    response = render(request, "waiting/_status.html", ctx)
    response["X-Finished"] = "yes" if ctx["classification"].is_finished else "no"
    return response


@require_POST
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Try a failed classification again."""
    classification = get_object_or_404(Classification, public_id=public_id)
    if classification.is_failed and classification.retryable:
        whole = classification.extent == Classification.Extent.WHOLE
        return _ask_again(request, classification, classification.model_id, whole=whole)
    return redirect(classification)


@require_POST
def whole(request: HttpRequest, public_id: str) -> HttpResponse:
    """Listen to all of a song of which only excerpts were heard."""
    excerpts = get_object_or_404(Classification, public_id=public_id, source="youtube")
    return _ask_again(request, excerpts, _card().model_id, whole=True)


def _ask_again(
    request: HttpRequest, old: Classification, model_id: str, *, whole: bool
) -> HttpResponse:
    track = sources.Track(old.source, old.source_id, old.title, old.artist, old.duration_s)
    if jobs.is_new(track, model_id, whole=whole):
        if refusal := _refuse_flood(request):
            return refusal
        try:
            sources.describe(old.source, old.source_id)
        except SourceError as error:
            messages.error(request, f"{error} {error.next_step}".strip())
            return redirect(old if old.source != Classification.Source.UPLOAD else "home")
    # An entry in the visitor's own history, and no other title for a file than it had there.
    entry = entry_of(request, old)
    return redirect(
        jobs.request_classification(
            track,
            model_id,
            whole=whole,
            visitor=ensure_visitor(request),
            title=entry.title if entry else "",
        )
    )


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "about/about.html", {"library": library.tracks()})


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For monitors: any answer says that web and database are well, `status` how the worker is."""
    return JsonResponse(health_report())
