"""A request's id, and a line in the log for it that tells nothing of who asked or for what."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from classifier.log_context import request_id

log = logging.getLogger("genresite.access")

QUIET = {"status", "api_song", "thumbnail", "health", "livez", "readyz", "metrics"}
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def log_requests(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: give each request an id, which the answer and all lines of the log then have."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        own_id = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        # Until this thread has another request: Django logs some answers after all middleware.
        request_id.set(own_id)
        started = time.perf_counter()
        response = get_response(request)
        response["X-Request-ID"] = own_id
        if settings.ACCESS_LOG:
            _log_request(request, response, time.perf_counter() - started)
        return response

    return middleware


def _log_request(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    if response.status_code < 400 and (match is None or match.url_name in QUIET):
        return  # a static file, or a page that programs ask for every few seconds
    # The pattern and not the address: that names songs and videos, and its query what was sought.
    route = f"/{match.route}" if match else "(no page)"
    method = request.method if request.method in METHODS else "other"
    log.info(
        "%s %s %s in %d ms",
        method,
        route,
        response.status_code,
        seconds * 1000,
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000),
        },
    )
