"""Submit jobs: for a chosen track, a file, a retry, a whole song, another model."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from classifier import jobs, serving
from classifier.models import Classification
from classifier.sources import library
from classifier.sources.base import SourceError
from classifier.visitors.identity import Visitor
from classifier.web import signed_tracks
from classifier.web.forms import UploadForm
from classifier.web.result_context import entry_of
from classifier.web.throttling import too_many_jobs
from classifier.web.tiles import tiles
from classifier.web.unavailable import unavailable
from classifier.web.upload_handler import token_of


@require_http_methods(["GET", "POST"])
def classify(request: HttpRequest) -> HttpResponse:
    """Ask for the genre of a chosen track."""
    if request.method == "GET":  # somebody pressed Enter in the address bar
        return redirect("home")
    track = signed_tracks.unsign(request.POST.get("choice", ""))
    if track is None:
        messages.error(request, "That choice is no longer valid. Please search once more.")
        return redirect("home")
    visitor = Visitor(request)
    try:
        submission = jobs.submit(track, serving.card().model_id, requester=visitor)
    except jobs.JobRefused:
        return too_many_jobs(request, visitor)
    return _started(visitor, submission)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Ask for the genre of a file."""
    if request.method == "GET":
        return redirect("home")
    form = UploadForm(
        request.POST, request.FILES, too_large=getattr(request, "upload_too_large", False)
    )
    token = token_of(request)
    if not form.is_valid():
        ctx = {"library": tiles(library.tracks()), "upload_form": form, "upload_token": token}
        return render(request, "home/home.html", ctx, status=400)
    visitor = Visitor(request)
    try:
        submission = jobs.submit_file(
            form.cleaned_data["file"], serving.card().model_id, requester=visitor
        )
    except jobs.JobRefused:
        return too_many_jobs(request, visitor)
    except SourceError as error:
        return unavailable(request, error)
    # A fragment is in no log and not sent to other sites; sent-files.js removes it.
    fragment = f"#upload={token}" if token else ""
    return _started(visitor, submission, fragment)


@require_POST
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Try a failed classification again."""
    classification = get_object_or_404(Classification, public_id=public_id)
    if not (classification.is_failed and classification.retryable):
        return redirect(classification)
    return _resubmit(
        request, classification, classification.model_id, whole=classification.is_whole
    )


@require_POST
def whole(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for all of a song of which only excerpts were classified."""
    excerpts = get_object_or_404(Classification, public_id=public_id, source="youtube")
    return _resubmit(request, excerpts, serving.card().model_id, whole=True)


@require_POST
def rerun(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask another model about the same recording, and compare the two."""
    old = get_object_or_404(Classification, public_id=public_id)
    model_id = request.POST.get("model", "")
    if not serving.may_ask(old, model_id):
        messages.error(request, "That model cannot be asked about this recording.")
        return redirect(old)
    return _resubmit(request, old, model_id, whole=old.is_whole, compare=True)


def _resubmit(
    request: HttpRequest,
    old: Classification,
    model_id: str,
    *,
    whole: bool,
    compare: bool = False,
) -> HttpResponse:
    """Ask again and redirect to the new answer, with `compare` beside the old one."""
    # An entry in the visitor's own history, and no other title for a file than it had there.
    # Whoever only has the link of somebody's upload gets none: its file's hash would come with it,
    # and the sender could no longer have the answer forgotten.
    entry = entry_of(request, old)
    keeps_history = entry is not None or old.source != Classification.Source.UPLOAD
    visitor = Visitor(request, keeps_history=keeps_history)
    try:
        submission = jobs.resubmit(
            old,
            model_id,
            requester=visitor,
            title=entry.title if entry else "",
            whole=whole,
        )
    except jobs.JobRefused:
        return too_many_jobs(request, visitor)
    except SourceError as error:
        messages.error(request, error.words)
        return redirect(old if old.source != Classification.Source.UPLOAD else "home")
    response = _started(visitor, submission)
    if compare:
        chosen = urlencode({"a": old.public_id, "b": submission.classification.public_id})
        return redirect(f"{reverse('compare')}?{chosen}")
    return response


def _started(visitor: Visitor, submission: jobs.Submission, fragment: str = "") -> HttpResponse:
    """Redirect to a submission; a job that is new counts as the visitor's until it is finished."""
    if submission.is_new:
        visitor.has_started(submission.classification)
    return redirect(submission.classification.get_absolute_url() + fragment)
