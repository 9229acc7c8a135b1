"""Names of worker processes: host:pid#token.

The token tells a worker from an earlier one with the same process id, which in a container is what
every start gives.
"""

from __future__ import annotations

import secrets
import socket


def host() -> str:
    return socket.gethostname()


def new_token() -> str:
    return secrets.token_hex(4)


def name_of(pid: int, token: str) -> str:
    return f"{host()}:{pid}#{token}"


def parts(name: str) -> tuple[str, int]:
    """Return host and process id; 0 where the name is none of ours."""
    machine, _, rest = name.partition("#")[0].rpartition(":")
    return machine, int(rest) if rest.isdecimal() else 0
