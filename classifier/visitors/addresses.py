"""Where a request comes from, for the limits: sessions are easily discarded, addresses less so."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger(__name__)

# What one connection is given, and may change its address within at will; what an ordinary line at
# home is given; what a larger customer is given.
LINE, HOME, SITE = 64, 56, 48
WITH_PORT = re.compile(r"(?P<v4>\d+\.\d+\.\d+\.\d+):\d+|\[(?P<v6>[^\]]+)\](?::\d+)?")


@dataclass(frozen=True)
class Network:
    """A network to count by, and how many times what one visitor may do is allowed to it."""

    name: str
    times: int = 1


def client_address(request: HttpRequest) -> str:
    """Return the visitor's address, as the proxies tell it that PROXIES says there are.

    Each adds the address that it was asked from to the end of X-Forwarded-For. Counted from there,
    what a visitor wrote into it stands before what counts.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For")
    if settings.PROXIES and forwarded:
        named = forwarded.split(",")
        address = named[max(0, len(named) - settings.PROXIES)]
    elif settings.PROXIES:
        _warn_of_missing_header()
    address = address.strip()
    if found := WITH_PORT.fullmatch(address):
        address = found["v4"] or found["v6"]
    return address


@cache
def _warn_of_missing_header() -> None:
    """Say once what is wrong with the proxy: all its visitors would share the limits of one."""
    log.warning(
        "X-Forwarded-For is missing, though PROXIES=%s: have the proxy set it, as all visitors"
        " behind it are counted as one",
        settings.PROXIES,
    )


def networks(request: HttpRequest) -> list[Network]:
    """Return the networks that a request is counted in, the smallest first.

    An IPv4 address stands for itself. With IPv6 whoever has a line at home has 256 networks of the
    smallest kind, so these are counted together as well, with larger limits.
    """
    address = client_address(request)
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return [Network(address)]  # a socket file, or a proxy that sends something else
    if found.version == 4:
        return [Network(str(found))]
    if found.ipv4_mapped:
        return [Network(str(found.ipv4_mapped))]
    return [
        Network(str(ipaddress.ip_network((found, prefix), strict=False)), times)
        for prefix, times in ((LINE, 1), (HOME, 2), (SITE, 4))
    ]


def home_of(request: HttpRequest) -> str:
    """Return the network that is taken for one household: an IPv4 address, or an IPv6 /56."""
    return networks(request)[:2][-1].name


def hashed(name: str, *, purpose: str = "") -> str:
    """Return a keyed hash of an address or network; with a purpose it compares to no other's."""
    return hashlib.sha256(f"{settings.SECRET_KEY}{purpose}{name}".encode()).hexdigest()[:24]
