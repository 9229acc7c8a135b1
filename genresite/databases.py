"""Connections to PostgreSQL that end when nobody is at the other end."""

from __future__ import annotations

from typing import Any

CONNECT_S = 3
# A network that swallows packets is noticed within half a minute, by commands and workers too.
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# The server ends a query first; only of a silent one the client gives up by itself.
GRACE_S = 2


def add_deadlines(database: Any, timeout_s: int) -> None:
    """Add to an entry of DATABASES what its URL does not say; 0 seconds are no deadline."""
    given = database.get("OPTIONS", {})
    options = {"connect_timeout": CONNECT_S, **KEEPALIVE, **given}
    if timeout_s:
        limit = f"-c statement_timeout={timeout_s * 1000}"
        options["options"] = f"{limit} {given.get('options', '')}".strip()
        database |= {"ENGINE": "genresite.postgresql", "DEADLINE_S": timeout_s + GRACE_S}
    database |= {"CONN_HEALTH_CHECKS": True, "OPTIONS": options}
