"""Names of those who have a history but no session of their own for it."""

from __future__ import annotations

import hashlib


def name_of(kind: str, pk: int) -> str:
    """Return the name that an account or a token has as a visitor.

    Without the site's key, so that a history outlives a change of it: a name opens nothing, as
    nobody is asked for it.
    """
    return hashlib.sha256(f"visitor {kind} {pk}".encode()).hexdigest()[:32]
