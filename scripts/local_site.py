"""Ask the site of this machine, whatever it listens on and whatever names it answers to."""

from __future__ import annotations

import os
import urllib.request

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def url(path: str = "") -> str:
    """Return an address that reaches the site from here, below BASE_PATH where there is one."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    # A site that listens on every address is reached from here by the local one.
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    base = os.environ.get("BASE_PATH", "").strip().strip("/")
    return f"http://{host}:{port}/{base + '/' if base else ''}{path}"


def host_name() -> str:
    """Return a name that the site answers to: the first of ALLOWED_HOSTS."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return first if first not in {"", "*"} else "localhost"


def read(path: str, timeout_s: float) -> bytes:
    """Return what it answers. Raises OSError where it does not, or with an error."""
    request = urllib.request.Request(url(path), headers={"Host": host_name()})
    with _opener.open(request, timeout=timeout_s) as response:
        return response.read()
