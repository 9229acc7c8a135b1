"""A private site: what one has had to sign in for is for nobody else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponse]


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
