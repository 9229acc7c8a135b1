"""The middleware of a private site; `classifier.web.private` says what it does."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


def check(header: str, proxies: int) -> None:
    """Refuse a header that anybody could send."""
    if header and not proxies:
        raise ImproperlyConfigured(
            "PRIVATE_USER_HEADER needs a proxy in front that sets it (PROXIES=1 or more): without "
            "one, anybody could say that they are somebody else."
        )


def with_sign_in(middleware: Sequence[str], header: str) -> list[str]:
    """Return the middleware with what keeps a site private after what tells who asks."""
    place = middleware.index(AUTHENTICATION) + 1
    added = ["genresite.trusted_header.TrustedHeader"] if header else []
    added.append("django.contrib.auth.middleware.LoginRequiredMiddleware")
    return [
        "classifier.web.private.keep_out_of_shared_caches",
        *middleware[:place],
        *added,
        *middleware[place:],
    ]
