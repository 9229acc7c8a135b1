"""Who may see and hear the operator's collection."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from classifier.staff.sessions import is_staff

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def may_see_collection(request: HttpRequest) -> bool:
    """Tell whether the sender may: everybody where the operator says so, else those with accounts.

    On a site that everybody may read, staff alone have accounts.
    """
    if settings.COLLECTION_PUBLIC:
        return True
    if settings.PRIVATE_SITE and request.user.is_authenticated:
        return True
    return is_staff(request)


def for_the_collection(view: View[P]) -> View[P]:
    """Let a view answer those who may see the collection; for others there is no such page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_see_collection(request):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P]", checked)
