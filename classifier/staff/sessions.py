"""Sessions of staff: short, though a visitor's lasts a year.

The session is the same, as staff have a history too; only what the log-in opened is over soon.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from . import second_factor

SINCE, ASKED = "staff_since", "staff_second_factor"


def begin(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Note at a log-in when it was, and whether this user has a second factor."""
    request.session[SINCE] = int(time.time())
    request.session[ASKED] = second_factor.is_set_up(user)


def knows_password(request: HttpRequest) -> bool:
    """Tell whether staff logged in not too long ago; the second factor may still be due."""
    user: Any = request.user
    if not (user.is_active and user.is_staff):
        return False
    # One of a version before 0.3 begins when it is first seen.
    since = request.session.get(SINCE)
    if since is None:
        since = request.session[SINCE] = int(time.time())
    hours = settings.STAFF_SESSION_HOURS
    return not hours or time.time() - since < hours * 3600


def is_staff(request: HttpRequest) -> bool:
    """Tell whether somebody who may use the admin asks."""
    if not knows_password(request):
        return False
    asked = settings.STAFF_SECOND_FACTOR or request.session.get(ASKED)
    user: Any = request.user  # as django-otp's middleware extends it
    return not asked or bool(user.is_verified())
