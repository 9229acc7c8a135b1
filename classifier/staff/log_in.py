"""The log-in of staff: attempts are counted, failures logged, and nobody is locked out for ever.

Attempts are limited by network, by user name and in all. So that strangers who try a name cannot
keep its owner out, a browser that has logged in before holds a signed cookie, and its attempts are
counted apart (OWASP's device cookies).
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from classifier.visitors import addresses, rate_limits

from . import sessions

log = logging.getLogger(__name__)

SALT = "classifier.staff.browser"
COOKIE_AGE_S = 180 * 24 * 3600


class SignInForm(AuthenticationForm):
    """Refuse, before a password is looked at, who has tried too often."""

    def clean(self) -> dict[str, Any]:
        request, name = self.request, self.cleaned_data.get("username")
        if request is not None and name and self.cleaned_data.get("password"):
            browser = _known_browser(request, name)
            if not rate_limits.login_allowed(request, name, browser):
                log.warning("log-in refused after too many attempts, %s", _whence(request))
                minutes = rate_limits.seconds_left(rate_limits.QUARTER_S) // 60 + 1
                raise ValidationError(
                    f"Too many attempts. Try again in {minutes} min, or from a browser that has"
                    " logged in before.",
                    code="too_many",
                )
        return super().clean()


class LogInForm(SignInForm, AdminAuthenticationForm):
    """The same for staff alone."""


def remember_browser(request: HttpRequest, response: HttpResponse, user: AbstractBaseUser) -> None:
    """Give a browser the cookie by which its later attempts are told from strangers'."""
    value = signing.dumps([user.get_username(), secrets.token_hex(8)], salt=SALT)
    response.set_cookie(
        settings.STAFF_COOKIE_NAME,
        value,
        max_age=COOKIE_AGE_S,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="classifier.staff.begin")
    user_login_failed.connect(_log_failure, dispatch_uid="classifier.staff.failure")


def _known_browser(request: HttpRequest, name: str) -> str:
    """Return the cookie of a browser that has logged in under this name before, else ""."""
    value: str = request.COOKIES.get(settings.STAFF_COOKIE_NAME, "")
    try:
        owner, _ = signing.loads(value, salt=SALT, max_age=COOKIE_AGE_S)
    except (signing.BadSignature, ValueError):
        return ""
    return value if owner == name else ""


def _begin(sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
    sessions.begin(request, user)
    log.info("log-in of %s", user.get_username())


def _log_failure(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    # What was typed as a name may be a password in the wrong field: only real names are logged.
    name = str(credentials.get("username", ""))
    users = get_user_model()._default_manager
    known = users.filter(**{get_user_model().USERNAME_FIELD: name}).exists()
    log.warning("log-in failed for %s, %s", name if known else "an unknown name", _whence(request))


def _whence(request: HttpRequest | None) -> str:
    """Say by a keyed hash whether two attempts came from one network, and not from which."""
    if request is None:
        return "from a command"
    return f"network {addresses.hashed(addresses.home_of(request), purpose='log-in')[:8]}"
