"""Responses that are sent while they are made."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse


def download(lines: Iterable[str], content_type: str, filename: str) -> StreamingHttpResponse:
    """Return a file to be saved under a name."""
    response = StreamingHttpResponse(lines, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Robots-Tag"] = "noindex"
    return response
