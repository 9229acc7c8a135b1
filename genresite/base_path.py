"""A site below a path of its host, as https://example.org/genre/."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def below(application: Application, base_path: str) -> Application:
    """WSGI middleware: take the base path off addresses that have it.

    A proxy passes addresses on as they are, or without the base path: both are understood, and so
    are /livez and the like, which are asked for on this machine. Django puts the base path before
    the addresses it makes, by FORCE_SCRIPT_NAME.
    """
    prefix = base_path.rstrip("/")

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(base_path):
            environ = {**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path[len(prefix) :]}
        return application(environ, start_response)

    return wrapped if prefix else application


def cookie_suffix(base_path: str) -> str:
    """Return what names of cookies end in: sites on one host must not take each other's."""
    return "".join(f"-{part}" for part in base_path.split("/") if part)
