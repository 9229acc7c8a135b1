"""A private site: to read anything one signs in, or a proxy says who one is."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponse]


class TrustedHeader(RemoteUserMiddleware):
    """Believe the header by which the proxy in front says who has signed in there.

    Whoever reaches the site without that proxy could write it, so settings.py asks for one.
    """

    @property
    def header(self) -> str:  # type: ignore[override]  # a constant in Django
        return "HTTP_" + settings.PRIVATE_USER_HEADER.upper().replace("-", "_")


def keep_out_of_shared_caches(get_response: GetResponse) -> GetResponse:
    """Let no cache between keep a page for others that one has had to sign in for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        directives = [d.strip() for d in response.get("Cache-Control", "").split(",")]
        if "public" in directives:
            response["Cache-Control"] = ", ".join(d for d in directives if d != "public")
            patch_cache_control(response, private=True)
        return response

    return middleware
