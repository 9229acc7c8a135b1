"""Keep the histories of visitors whose session has the cookie of a version before 0.3.

With https the session's cookie is `__Host-sessionid`: a browser takes one of that name from this
very host alone, so no other host of the same domain can plant one. Before 0.3 it was `sessionid`.
Below a path of its host the site has another name for it, and `sessionid` may be a neighbour's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.http import HttpRequest, HttpResponse

from classifier.visitors.identity import BORN_GUARDED, PLAIN_COOKIE, SESSION_KEY

Respond = Callable[[HttpRequest], HttpResponse]


def take_over_old_session(get_response: Respond) -> Respond:
    """Middleware: move the visitor's name out of an old session into one with the guarded cookie.

    Each old session gives its name once. One that has always had the guarded cookie gives none: its
    key under the old name was planted. Staff log in again.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        plain = request.COOKIES.get(PLAIN_COOKIE)
        if not plain or settings.SESSION_COOKIE_NAME == PLAIN_COOKIE or settings.BASE_PATH != "/":
            return get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            _take_over(request, plain)
        response = get_response(request)
        response.delete_cookie(PLAIN_COOKIE)
        return response

    return middleware


def _take_over(request: HttpRequest, key: str) -> None:
    old = import_module(settings.SESSION_ENGINE).SessionStore(key)
    if SESSION_KEY not in old or BORN_GUARDED in old:
        return
    request.session[SESSION_KEY] = old[SESSION_KEY]
    request.session[BORN_GUARDED] = True
    if USER_KEY in old:
        del old[SESSION_KEY]
        old.save()
    else:
        old.delete()
