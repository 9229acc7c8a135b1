"""What pages for visitors show to staff besides."""

from __future__ import annotations

from django.http import HttpRequest


def is_staff(request: HttpRequest) -> bool:
    """Tell whether somebody who may use the admin asks."""
    return bool(request.user.is_active and request.user.is_staff)
