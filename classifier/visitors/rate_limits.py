"""Rate limits for one visitor, and for all visitors together.

Counted in the database, so that every web process counts the same. A fixed span (this minute, this
hour) is exact enough, as the limits are meant for floods of requests.

What costs nothing (a page, an answer that is stored already) is not counted; see the views.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest

from classifier.models import RateCount

log = logging.getLogger(__name__)

MINUTE_S, HOUR_S = 60, 3600
PICTURES_A_SEARCH = 12  # as many as its first page shows
IPV6_PREFIX = 64  # what one connection is given: within it anybody may change address at will


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


def seconds_left(span_s: int) -> int:
    """Return the seconds until the present span is over, for Retry-After."""
    return span_s - int(time.time()) % span_s


def client_address(request: HttpRequest) -> str:
    """Return the address to count by, because a session is easily discarded.

    Behind the proxy that HTTPS=1 speaks of, it is what that proxy added last to X-Forwarded-For;
    whatever a visitor wrote there stands before it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.HTTPS and (forwarded := request.headers.get("X-Forwarded-For")):
        address = forwarded.rpartition(",")[2]
    return _network(address.strip())


def _network(address: str) -> str:
    """Return an IPv4 address as it is, an IPv6 one as the network it belongs to."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return address  # a socket file, or a proxy that sends something else
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))


def _allowed(request: HttpRequest, action: str, span_s: int, per_visitor: int, in_all: int) -> bool:
    # The address itself is not stored, and the hash of it for hours only: see operations.retention.
    visitor = hashlib.sha256(
        f"{settings.SECRET_KEY}{client_address(request)}".encode()
    ).hexdigest()[:24]
    span = int(time.time() // span_s)
    try:
        # In this order: one visitor who is refused must not use up what is there for all.
        return all(
            not limit or _count(f"{action}:{span_s}:{span}:{who}") <= limit
            for who, limit in ((visitor, per_visitor), ("all", in_all))
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
