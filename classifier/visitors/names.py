"""Names of those who have a history but no session of their own for it."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def name_of(kind: str, pk: int) -> str:
    """Return the name that an account or a token has as a visitor: a keyed hash."""
    key = f"visitor {kind} {settings.SECRET_KEY}".encode()
    return hmac.new(key, str(pk).encode(), hashlib.sha256).hexdigest()[:32]
