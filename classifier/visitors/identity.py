"""Who is asking: a random name kept in the visitor's own session."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

SESSION_KEY = "visitor"


def visitor_of(request: HttpRequest) -> str:
    """The visitor's name, or "" for one who has not asked for anything yet."""
    return request.session.get(SESSION_KEY, "")


def ensure_visitor(request: HttpRequest) -> str:
    """The visitor's name, given now if need be (this sets the session cookie)."""
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = uuid.uuid4().hex
    return request.session[SESSION_KEY]
