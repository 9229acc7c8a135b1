"""Identity of visitors: a random name in the session, or on a private site that of an account."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest

from classifier.models import OpenJob

from . import addresses, open_jobs, rate_limits
from .limited import Limited
from .names import name_of

SESSION_KEY = "visitor"
# The session's cookie without https, and of versions before 0.3; see web.session_cookies.
PLAIN_COOKIE = "sessionid"
BORN_GUARDED = "guarded"  # in a session that never had a cookie of that name


class Visitor(Limited):
    """The sender of a web request, as `classifier.jobs` asks for them."""

    def __init__(self, request: HttpRequest, *, keeps_history: bool = True):
        super().__init__()
        self._request = request
        self._keeps_history = keeps_history

    def claim_place(self) -> OpenJob | None:
        return open_jobs.claim(self._request)

    def is_within_the_hour(self) -> bool:
        return rate_limits.job_allowed(self._request)

    def history_name(self) -> str:
        return ensure_visitor(self._request) if self._keeps_history else ""

    def share_name(self) -> str:
        return addresses.hashed(addresses.home_of(self._request))


def visitor_of(request: HttpRequest) -> str:
    """Return the visitor's name, or "" for one who has not asked for anything yet."""
    if settings.PRIVATE_SITE and request.user.is_authenticated:
        return name_of("account", request.user.pk)
    return request.session.get(SESSION_KEY, "")


def ensure_visitor(request: HttpRequest) -> str:
    """Return the visitor's name, given now if need be (this sets the session cookie)."""
    if name := visitor_of(request):
        return name
    # A new key: whoever planted the old one in this browser is left with an empty session.
    request.session.cycle_key()
    request.session[SESSION_KEY] = uuid.uuid4().hex
    if settings.SESSION_COOKIE_NAME != PLAIN_COOKIE:
        request.session[BORN_GUARDED] = True
    return request.session[SESSION_KEY]
