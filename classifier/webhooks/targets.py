"""Which addresses may be connected to: those of the internet, and of a home network by setting.

The text of an address says little of where it leads, so it is looked up, all that is found is
checked, and the connection is made to what was checked (see sending.py): a name that leads
elsewhere a moment later changes nothing.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

LONGEST_URL = 500
# Python's parser would leave tabs and line breaks out, and a backslash is a slash to some.
PRINTABLE = re.compile(r"[!-\[\]-~]+")
HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
PORTS = {80, 443, *range(8000, 9001)}
FIRST_PORT_OF_USERS = 1024  # from here on with WEBHOOKS_PRIVATE
LOOKUPS = 8  # that may hang at once

# By lists of our own: what the standard library calls global differs from version to version.
PRIVATE_V4 = [
    IPv4Network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
REFUSED_V4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, and unspecified
        "169.254.0.0/16",  # link-local, and metadata of clouds
        "192.0.0.0/24",  # protocols; metadata of Oracle's cloud
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "100.100.100.200/32", "168.63.129.16/32",  # metadata of Alibaba's and Microsoft's clouds
    )
]  # fmt: skip
PRIVATE_V6 = [IPv6Network("::1/128"), IPv6Network("fc00::/7")]
PUBLIC_V6 = IPv6Network("2000::/3")  # all else is not given out, or local, or multicast
REFUSED_V6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, among them Teredo, which has IPv4 addresses in it
        "2001:db8::/32", "3fff::/20",  # documentation
        "2002::/16",  # 6to4: IPv4 addresses in it
        "fd00:ec2::/32",  # metadata of Amazon's cloud
        "fd20:ce::/32",  # metadata of Google's cloud
    )
]  # fmt: skip
NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """An address that is not told anything; the message is a sentence for staff."""


class NotFound(Exception):
    """A name that cannot be looked up now."""


@dataclass(frozen=True)
class Target:
    """Where to send: the parts of an address that was checked."""

    is_https: bool
    host: str
    port: int
    path: str  # with its query

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_https else 80) else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Return the parts of an address. Raises Refused; looks nothing up."""
    if len(url) > LONGEST_URL or not PRINTABLE.fullmatch(url):
        raise Refused(
            f"The address has at most {LONGEST_URL} printable ASCII characters, no spaces and no "
            "backslash."
        )
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Refused("This is no address: begin with https:// and a name.") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("The address begins with https://.")
    if parts.scheme == "http" and not settings.WEBHOOKS_HTTP:
        raise Refused("The address begins with https://; WEBHOOKS_HTTP=1 allows http://.")
    if "@" in parts.netloc or "#" in url:
        raise Refused("The address has no user, no password and no part behind #.")
    if not (HOST.fullmatch(host) or _is_ipv6(host)):
        raise Refused("The address has the name of a host, as hooks.example.org, or an IP address.")
    is_https = parts.scheme == "https"
    port = (443 if is_https else 80) if port is None else port
    if not (port in PORTS or (settings.WEBHOOKS_PRIVATE and port >= FIRST_PORT_OF_USERS)):
        raise Refused(
            "The port of the address is 443, 80, or one from 8000 to 9000; with WEBHOOKS_PRIVATE=1 "
            f"any from {FIRST_PORT_OF_USERS}."
        )
    target = Target(
        is_https, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    )
    if _is_ip(host):
        check([host])
    return target


def look_up(target: Target, seconds: float) -> list[str]:
    """Return the IP addresses of a target, all of which may be connected to.

    Raises
    ------
    Refused : one of them may not
    NotFound : there is none, or the look-up takes longer
    """
    found = _addresses(target.host, target.port, seconds)
    check(found)
    return found


def check(addresses: list[str]) -> None:
    """Raise Refused unless all of these IP addresses may be connected to."""
    if not all(is_allowed(address, private=settings.WEBHOOKS_PRIVATE) for address in addresses):
        raise Refused(
            "The address leads to a network that is not the internet's. WEBHOOKS_PRIVATE=1 allows "
            "those of homes and offices."
        )


def is_allowed(address: str, *, private: bool) -> bool:
    """Tell whether an IP address may be connected to."""
    try:
        ip = ip_address(address)
    except ValueError:  # such as one with a zone
        return False
    if isinstance(ip, IPv4Address):
        return _is_allowed_v4(ip, private=private)
    if ip in NAT64:  # what a network without IPv4 has instead; that behind it has to be public
        return _is_allowed_v4(IPv4Address(int(ip) & 0xFFFF_FFFF), private=False)
    if any(ip in network for network in REFUSED_V6):
        return False
    return ip in PUBLIC_V6 or (private and any(ip in network for network in PRIVATE_V6))


def _is_allowed_v4(ip: IPv4Address, *, private: bool) -> bool:
    if any(ip in network for network in REFUSED_V4):
        return False
    return private or not any(ip in network for network in PRIVATE_V4)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_ipv6(host: str) -> bool:
    try:
        return "%" not in host and bool(IPv6Address(host))
    except ValueError:
        return False


_places = threading.BoundedSemaphore(LOOKUPS)


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Look a name up, in a thread: the C library takes as long as a name server likes."""
    places = _places
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            # In the order in which the system would try them, each once.
            answer.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)
        finally:
            places.release()

    if not places.acquire(blocking=False):
        raise NotFound("too many names are being looked up")
    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise NotFound("its name is not found in time") from None
    if isinstance(found, Exception) or not found:
        raise NotFound("its name is not found")
    return found
