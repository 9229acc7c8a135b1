"""The OpenAPI document, with what ninja leaves out: the form of errors, scopes, headers."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from . import problems
from .auth import CLASSIFY, READ, REVIEW, holder
from .problems import Problem
from .v1 import api

SCHEME = "token"
SCOPES = {type(auth).__name__: str(auth.scope) for auth in (READ, CLASSIFY, REVIEW)}
HEADERS = {
    "Location": {"description": "Where to read the song", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 0}},
}


def document() -> dict[str, Any]:
    """Return the document; sites differ by the path below which they are, and by nothing else."""
    return _operations() | {"servers": [{"url": settings.BASE_PATH.rstrip("/") or "/"}]}


@cache
def _operations() -> dict[str, Any]:
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=problems.BASE))
    for operations in found["paths"].values():
        for operation in operations.values():
            (asked,) = operation["security"][0]
            operation["security"] = [{SCHEME: [SCOPES[asked]]}]
            operation["responses"] = {
                str(status): _answer(int(status), answer, operation)
                for status, answer in operation["responses"].items()
            }
    found["components"]["securitySchemes"] = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "Staff make tokens in the admin, or by manage.py api_token.",
        }
    }
    return found


def _answer(status: int, answer: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with its headers, an error with its type."""
    content = answer.get("content", {})
    if status >= 400:
        content = {problems.MEDIA_TYPE: next(iter(content.values()))}
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = HEADERS["Retry-After"]
    if "202" in map(str, operation["responses"]) and status < 300:
        headers["Location"] = HEADERS["Location"]
    return answer | {"content": content} | ({"headers": headers} if headers else {})


@login_not_required
@require_GET
def openapi_json(request: HttpRequest) -> HttpResponse:
    """Return the document; on a private site to whoever has a token, or has signed in."""
    if settings.PRIVATE_SITE and not request.user.is_authenticated:
        try:
            holder(request)
        except Problem as problem:
            return problems.response(problem)
    return JsonResponse(document(), json_dumps_params={"indent": 1})
