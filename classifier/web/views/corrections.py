"""Corrections by visitors."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from classifier import serving
from classifier.genres import genre_name
from classifier.models import Classification
from classifier.visitors import corrections, rate_limits
from classifier.visitors.identity import ensure_visitor, visitor_of
from classifier.web.forms import CorrectionForm


@require_POST
def correct(request: HttpRequest, public_id: str) -> HttpResponse:
    """Store a correction; whoever has the link may send one."""
    classification = get_object_or_404(Classification.objects.done(), public_id=public_id)
    labels = serving.labels_of(classification)
    form = CorrectionForm(request.POST, labels=labels)
    if not form.is_valid():
        messages.error(request, str(form.errors["genre"][0]))
    elif not rate_limits.correction_allowed(request):
        messages.error(request, "That was a lot of corrections. Wait a while, then go on.")
    else:
        genre = form.cleaned_data["genre"]
        home = corrections.home_of(request, classification)
        if corrections.correct(ensure_visitor(request), classification, genre, home=home):
            messages.success(request, f"Thank you. You say: {genre_name(genre, len(labels))}.")
        else:
            messages.error(request, "Somebody on your network has said already what it is.")
    return redirect(classification)


@require_POST
def uncorrect(request: HttpRequest, public_id: str) -> HttpResponse:
    classification = get_object_or_404(Classification, public_id=public_id)
    if corrections.withdraw(visitor_of(request), classification):
        messages.success(request, "Your correction was taken back.")
    return redirect(classification)
