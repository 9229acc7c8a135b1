"""Addresses of the API, below /api/v1/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, include, path

from .docs import docs
from .openapi import openapi_json
from .v1 import api


def _operations() -> list[URLPattern]:
    """Return the API's own addresses. They ask for a token, on a private site too."""
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        pattern.callback = login_not_required(pattern.callback)
    return [pattern for pattern in patterns if pattern.name != "api-root"]


urlpatterns = [
    path("docs", docs, name="api_docs"),
    path("openapi.json", openapi_json, name="api_openapi"),
    path("", include((_operations(), "api"), namespace="api")),
]
