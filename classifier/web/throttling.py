"""The response 429 for a visitor over the limits of jobs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from classifier.visitors import open_jobs, rate_limits
from classifier.visitors.identity import Visitor


def too_many_jobs(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Render the page, with Retry-After for when another job may be asked for."""
    ctx = {"open": settings.JOBS_AT_ONCE if visitor.has_too_many_open else 0}
    response = render(request, "waiting/too_many.html", ctx, status=429)
    wait_s = (
        open_jobs.RETRY_AFTER_S if ctx["open"] else rate_limits.seconds_left(rate_limits.HOUR_S)
    )
    response["Retry-After"] = str(wait_s)
    return response
