"""Bodies of JSON: what is refused before any of it is looked at."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from .problems import Problem

MOST_BYTES = 256 * 1024
DEEPEST = 20


class StrictParser(Parser):
    """Reads JSON of a sane size and depth, in UTF-8, without NUL and halves of characters."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


def read_json(request: HttpRequest) -> Any:
    """Return the body of a request. Raises Problem."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type", "Send JSON, with Content-Type: application/json.")
    if len(request.body) > MOST_BYTES:  # Django reads no more than some MB
        raise Problem("too_large", f"A body of JSON may have {MOST_BYTES // 1024} KB.")
    try:
        found = json.loads(request.body.decode(), parse_constant=_no_number)
        _check(found, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise Problem("bad_request", "The body is no JSON in UTF-8 that can be read.") from error
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(value: Any, depth: int) -> None:
    """Raise ValueError for what databases do not store, and for what is nested too deep."""
    if depth == 0:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        value.encode()  # half of a pair of surrogates has no UTF-8
        if "\0" in value:
            raise ValueError("NUL")
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth - 1)
            _check(item, depth - 1)
