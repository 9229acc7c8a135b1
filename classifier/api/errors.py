"""Errors that ninja and pydantic find, as problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from .problems import Problem, response

MOST_TOLD = 20


def invalid(errors: Iterable[Mapping[str, Any]], *where: str) -> Problem:
    """Return what pydantic says of an input. What was sent is not sent back."""
    told = [
        {
            "where": ".".join(str(part) for part in (*where, *error["loc"])),
            "detail": str(error["msg"]),
        }
        for error in errors
    ][:MOST_TOLD]
    first = told[0] if told else {"where": "", "detail": ""}
    return Problem("invalid", f"{first['where']}: {first['detail']}.", errors=told)


def handle(api: NinjaAPI) -> None:
    """Have an API answer with problems, whatever is raised below it."""

    @api.exception_handler(Problem)
    def problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return response(error)

    @api.exception_handler(ValidationError)
    def validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return response(invalid(error.errors))

    @api.exception_handler(HttpError)
    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        # What a parser raises is wrapped by ninja.
        cause = error.__cause__
        return response(cause if isinstance(cause, Problem) else Problem("bad_request", str(error)))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return response(Problem("not_found", "There is nothing at this address."))

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return response(Problem("too_large", "This body is too large for this address."))

    @api.exception_handler(SuspiciousOperation)
    def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
        return response(Problem("bad_request", "The request breaks a rule of HTTP."))

    @api.exception_handler(Exception)
    def anything(request: HttpRequest, error: Exception) -> HttpResponse:
        raise error  # to Django, which logs it, and knows outages
