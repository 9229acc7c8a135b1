"""Identity of visitors: a random name in the session."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from . import rate_limits

SESSION_KEY = "visitor"


class Visitor:
    """The sender of a web request, as `classifier.jobs` asks for them."""

    def __init__(self, request: HttpRequest, *, keeps_history: bool = True):
        self._request = request
        self._keeps_history = keeps_history

    def may_start_job(self) -> bool:
        return rate_limits.job_allowed(self._request)

    def history_name(self) -> str:
        return ensure_visitor(self._request) if self._keeps_history else ""


def visitor_of(request: HttpRequest) -> str:
    """Return the visitor's name, or "" for one who has not asked for anything yet."""
    return request.session.get(SESSION_KEY, "")


def ensure_visitor(request: HttpRequest) -> str:
    """Return the visitor's name, given now if need be (this sets the session cookie)."""
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = uuid.uuid4().hex
    return request.session[SESSION_KEY]
