"""Requests as they are remembered, and answers before they become bytes on a wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request that reached the fake."""

    method: str
    host: str
    path: str  # with its query
    range: str | None = None
    foreign: bool = False  # it was for a host that is not YouTube's
    status: int = 0
    sent: int = 0  # bytes of the body that were sent


@dataclass
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    request: Request | None = None


def html(text: str, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, text.encode())


def as_json(data: dict, status: int = 200) -> Response:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Response(status, headers, json.dumps(data).encode())


def api_error(status: int, message: str, name: str) -> Response:
    """An error as Google's interfaces send it."""
    return as_json({"error": {"code": status, "message": message, "status": name}}, status)
