"""Rate limits for one visitor, and for all visitors together.

Counted in the database, so that every web process counts the same. A fixed span (this minute, this
hour) is exact enough, as the limits are meant for floods of requests.

What costs nothing (a page, an answer that is stored already) is not counted; see the views.
"""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest

from classifier.models import ApiToken, RateCount

from . import addresses

log = logging.getLogger(__name__)

MINUTE_S, QUARTER_S, HOUR_S = 60, 900, 3600
PICTURES_A_SEARCH = 12  # as many as its first page shows


def search_allowed(request: HttpRequest) -> bool:
    return _allowed(
        request,
        "search",
        MINUTE_S,
        settings.SEARCHES_PER_MINUTE,
        settings.SEARCHES_PER_MINUTE_IN_ALL,
    )


def job_allowed(request: HttpRequest) -> bool:
    return _allowed(request, "job", HOUR_S, settings.JOBS_PER_HOUR, settings.JOBS_PER_HOUR_IN_ALL)


def token_job_allowed(token: ApiToken) -> bool:
    limit = settings.JOBS_PER_HOUR if token.jobs_per_hour is None else token.jobs_per_hour
    return _token_allowed(token, "job", HOUR_S, limit, settings.JOBS_PER_HOUR_IN_ALL)


def token_search_allowed(token: ApiToken) -> bool:
    return _token_allowed(
        token,
        "search",
        MINUTE_S,
        settings.SEARCHES_PER_MINUTE,
        settings.SEARCHES_PER_MINUTE_IN_ALL,
    )


def token_correction_allowed(token: ApiToken) -> bool:
    return _token_allowed(token, "correction", HOUR_S, settings.CORRECTIONS_PER_HOUR, 0)


def batch_allowed(request: HttpRequest) -> bool:
    """Count a batch. What a limit holds back of it is stored all the same, so they have one too."""
    return _allowed(request, "batch", HOUR_S, settings.JOBS_PER_HOUR, settings.JOBS_PER_HOUR_IN_ALL)


def picture_allowed(request: HttpRequest) -> bool:
    """Count a thumbnail that YouTube must be asked for outside of a search, which is rare."""
    return _allowed(
        request,
        "picture",
        MINUTE_S,
        PICTURES_A_SEARCH * settings.SEARCHES_PER_MINUTE,
        PICTURES_A_SEARCH * settings.SEARCHES_PER_MINUTE_IN_ALL,
    )


def correction_allowed(request: HttpRequest) -> bool:
    # No limit for all together: a correction costs a small row, and no worker's time.
    return _allowed(request, "correction", HOUR_S, settings.CORRECTIONS_PER_HOUR, 0)


def login_allowed(request: HttpRequest, name: str, browser: str) -> bool:
    """Count an attempt of staff to log in.

    browser : tells a browser that has logged in under this name before from others; "" for those.
        Its attempts are its own, so that nobody else's keep its owner out.
    """
    limit = settings.LOGIN_ATTEMPTS
    if browser:
        return _within("login", QUARTER_S, [(addresses.hashed(browser, purpose="browser"), limit)])
    return _within(
        "login",
        QUARTER_S,
        [
            *_networks(request, limit),
            (addresses.hashed(name.lower(), purpose="name"), 3 * limit),
            ("all", 10 * limit),
        ],
    )


def seconds_left(span_s: int) -> int:
    """Return the seconds until the present span is over, for Retry-After."""
    return span_s - int(time.time()) % span_s


def _allowed(request: HttpRequest, action: str, span_s: int, per_visitor: int, in_all: int) -> bool:
    return _within(action, span_s, [*_networks(request, per_visitor), ("all", in_all)])


def _token_allowed(token: ApiToken, action: str, span_s: int, per_token: int, in_all: int) -> bool:
    # By the token and by no address: many programs may run on one machine, and one on many.
    who = addresses.hashed(str(token.pk), purpose="token")
    return _within(action, span_s, [(who, per_token), ("all", in_all)])


def _networks(request: HttpRequest, limit: int) -> list[tuple[str, int]]:
    # The address itself is not stored, and the hash of it for hours only: see operations.retention.
    return [
        (addresses.hashed(network.name), limit * network.times)
        for network in addresses.networks(request)
    ]


def _within(action: str, span_s: int, limits: list[tuple[str, int]]) -> bool:
    """Count for each of those named, as far as none is over its limit; 0 is no limit."""
    span = int(time.time() // span_s)
    try:
        # In their order: one visitor who is refused must not use up what is there for all.
        return all(
            not limit or _count(f"{action}:{span_s}:{span}:{who}") <= limit for who, limit in limits
        )
    except DatabaseError as error:
        # Full, read-only or locked: what needs no storing goes on, and what does will say so.
        log.warning("%s is not counted: %s", action, error)
        return True


def _count(key: str) -> int:
    """Count one more, and return how many there are now."""
    RateCount.objects.get_or_create(key=key)
    # In one transaction, so that of two at once each reads its own number.
    with transaction.atomic():
        RateCount.objects.filter(key=key).update(n=F("n") + 1)
        return RateCount.objects.values_list("n", flat=True).get(key=key)
