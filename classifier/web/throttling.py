"""The response 429 for a visitor over the limit of jobs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.visitors import rate_limits


def too_many_jobs(request: HttpRequest) -> HttpResponse:
    """Render the page, with Retry-After for when another job may be asked for."""
    response = render(request, "waiting/too_many.html", status=429)
    response["Retry-After"] = str(rate_limits.seconds_left(rate_limits.HOUR_S))
    return response
