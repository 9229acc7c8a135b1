"""/.well-known/security.txt (RFC 9116): whom to tell of a weakness."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

VALID_FOR = timedelta(days=180)  # the format wants a date, less than a year ahead


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Name the operator's address, where there is one."""
    if not settings.CONTACT:
        raise Http404
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.CONTACT}",
        f"Expires: {(today + VALID_FOR).isoformat()}",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri(reverse('security_txt'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
