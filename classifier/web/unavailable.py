"""The response 503 where something that the site needs is away for a while."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.sources.base import SourceError

RETRY_S = 120


def unavailable(request: HttpRequest, error: SourceError) -> HttpResponse:
    """Render the sentence of an error and its next step, with Retry-After."""
    response = render(request, "waiting/unavailable.html", {"error": error}, status=503)
    response["Retry-After"] = str(RETRY_S)
    return response
