"""Errors of the API, all of one form: application/problem+json (RFC 9457) with a stable `code`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from classifier.failure_reasons import REASONS
from classifier.sources.base import SourceError

BASE = "/api/v1/"
DOCS = f"{BASE}docs"
MEDIA_TYPE = "application/problem+json"
RETRY_S = 120  # where nothing says when it may be over

# Each code with its status and title. Failures of a source have the codes of failure_reasons.
CODES: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request cannot be read"),
    "unauthenticated": (401, "A token is needed"),
    "bad_token": (401, "The token is not good"),
    "missing_scope": (403, "The token may not do this"),
    "no_collection": (403, "The collection is not for this token"),
    "not_staff": (403, "The token's owner may not do this"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "This address does not take that method"),
    "not_finished": (409, "There is no answer yet"),
    "reviewed_meanwhile": (409, "Somebody else has said otherwise"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body is of another type"),
    "invalid": (422, "Something in the request is not as it should be"),
    "no_such_model": (422, "There is no such model"),
    "wrong_numbers": (422, "The model does not answer by these numbers"),
    "unknown_genre": (422, "That is not one of the genres"),
    "rate_limited": (429, "The limit is reached"),
    "too_many_open": (429, "Too many songs wait already"),
    "server_error": (500, "Something broke here"),
    "unavailable": (503, "Something that the site needs is away"),
    "database": (503, "The database does not answer"),
    "busy": (503, "Somebody else is writing"),
    "full": (503, "There is no room"),
    "read_only": (503, "Nothing can be stored"),
}
# The code of an answer that was made outside of the API: by Django, or a middleware.
OF_STATUS = {
    400: ("bad_request", "The request breaks a rule of HTTP, or holds what no address has."),
    403: ("missing_scope", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "See `Allow` for the methods that this address takes."),
    413: ("too_large", "The body is far larger than any file may be."),
    503: ("unavailable", "Try again in a while."),
}


class Problem(Exception):
    """What is wrong with a request, raised anywhere below a view of the API."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        title: str = "",
        retry_s: float | None = None,
        **more: Any,
    ):
        super().__init__(detail)
        known_status, known_title = CODES.get(code, (422, ""))
        self.code = code
        self.status = status or known_status
        self.title = title or known_title
        self.detail = detail
        self.retry_s = retry_s
        self.more = more


def of_source(error: SourceError) -> Problem:
    """Return what a program is told of a source that cannot be asked, or has no such recording.

    Where trying again may help it is 503, with the time of it; else there is something wrong with
    what was asked for.
    """
    if not error.reason.is_retryable:
        return Problem(error.kind, error.words, status=422, title="This recording cannot be had")
    until = error.parameters.get("until")
    left_s: float = RETRY_S
    if isinstance(until, datetime):
        left_s = (until - timezone.now()).total_seconds()
    return Problem(
        error.kind, error.words, status=503, title="The source is away", retry_s=max(1, left_s)
    )


def response(problem: Problem) -> HttpResponse:
    """Write a problem as an answer."""
    answer = HttpResponse(_body(problem), status=problem.status, content_type=MEDIA_TYPE)
    if problem.retry_s is not None:
        answer["Retry-After"] = str(math.ceil(problem.retry_s))
    if problem.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    answer["Cache-Control"] = "no-store"
    return answer


def is_api(path: str) -> bool:
    """Tell whether an address belongs to the API; its documentation is a page."""
    return path.startswith(BASE) and path != DOCS


def as_problems(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: give errors of API addresses the same form, whoever answered; nobody keeps any.

    Those of Django (no such address, a broken request) and of other middleware (a body that is too
    large, an outage) are pages and texts.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = get_response(request)
        if not is_api(request.path_info):
            return answer
        answer.setdefault("Cache-Control", "no-store")
        if (
            answer.status_code >= 400
            and answer.get("Content-Type") != MEDIA_TYPE
            and isinstance(answer, HttpResponse)
        ):
            _turn(answer)
        return answer

    return middleware


def _turn(answer: HttpResponse) -> None:
    """Write another body into an answer; its status and what else it says stay."""
    status = answer.status_code
    code, detail = OF_STATUS.get(status, ("server_error", "The operator can see what."))
    told = _told(answer)
    if told.get("cause") in CODES:  # an outage, see genresite.unavailable
        code, detail = told["cause"], told.get("error", detail)
    answer.content = _body(Problem(code, detail, status=status))
    answer["Content-Type"] = MEDIA_TYPE
    answer["Content-Length"] = str(len(answer.content))
    answer["Cache-Control"] = "no-store"
    for name in ("Content-Encoding", "ETag", "Last-Modified", "Content-Disposition"):
        if name in answer:
            del answer[name]


def _told(answer: HttpResponse) -> Mapping[str, Any]:
    if "json" not in answer.get("Content-Type", "") or "Content-Encoding" in answer:
        return {}
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _body(problem: Problem) -> bytes:
    place = f"problem-{problem.code}" if problem.code in CODES else "failures"
    told = {
        "type": f"{settings.BASE_PATH.rstrip('/')}{DOCS}#{place}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.more,
    }
    return json.dumps(told).encode()


def failure_codes() -> list[tuple[str, str, bool]]:
    """Return each code of a failure of a recording, what staff read, and whether it may pass."""
    return [(r.kind, r.staff_words, r.is_retryable) for r in REASONS.values()]
