"""The answers 503 and 500, as a page or as JSON."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as django_server_error

from classifier.api.problems import is_api

from .outages import Outage, distrust, outage_of

log = logging.getLogger(__name__)

BLOCK_BYTES = 64 * 1024


def answer_outages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer 503 where a view fails because database or disk do."""

    def middleware(request: HttpRequest) -> HttpResponse:
        distrust.close_old()
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        outage = outage_of(error)
        return unavailable(request, outage, error) if outage else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # for Django
    return middleware


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what no view raised, such as a session that cannot be stored; Django's handler500."""
    error = sys.exception()
    if outage := outage_of(error):
        return unavailable(request, outage, error)
    if _wants_json(request):
        return JsonResponse({"error": "Something broke on our side."}, status=500)
    return django_server_error(request)


def unavailable(
    request: HttpRequest, outage: Outage, error: BaseException | None = None
) -> HttpResponse:
    """Return the answer 503, which is made from nothing but a template."""
    log.error("%s: %s", outage.kind, str(error).strip() or type(error).__name__)
    distrust.begin()
    _drop_uploads(request)
    _read_to_end(request)
    response: HttpResponse
    if _wants_json(request):
        response = JsonResponse({"error": outage.sentence, "cause": outage.kind}, status=503)
    else:
        # Without the request: no context processor may ask the database again.
        page = render_to_string("503.html", {"outage": outage})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = str(outage.retry_s)
    response["Cache-Control"] = "no-store"
    return response


def raw_answer(outage: Outage) -> bytes:
    """Return the answer as bytes of HTTP, for a request that no page will see."""
    page = render_to_string("503.html", {"outage": outage}).encode()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        f"Retry-After: {outage.retry_s}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'self'\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + page


def _wants_json(request: HttpRequest) -> bool:
    path = request.path_info
    if is_api(path) or path.endswith((".json", "/health/", "/readyz", "/livez")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _drop_uploads(request: HttpRequest) -> None:
    """Delete a file that had only partly arrived, which Python would do some time later."""
    for handler in request.upload_handlers:
        if file := getattr(handler, "file", None):
            with contextlib.suppress(OSError):
                file.close()


def _read_to_end(request: HttpRequest) -> None:
    """Read what is left of an upload: a browser that is still sending would not see the answer."""
    try:
        while request.read(BLOCK_BYTES):
            pass
    except OSError:
        log.debug("the sender is gone")
