"""Filters of the log, named in the settings."""

from __future__ import annotations

import logging


def is_no_missing_thumbnail(record: logging.LogRecord) -> bool:
    """Keep what is not a missing thumbnail.

    Django warns of each response 404 with its address, and that of a thumbnail names a video that
    some visitor was shown.
    """
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    is_missing = getattr(record, "status_code", None) == 404
    return not (is_missing and match is not None and match.url_name == "thumbnail")
