"""About, privacy and health."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classifier.operations import retention
from classifier.operations.health import report as health_report
from classifier.review import audit
from classifier.sources import library
from classifier.sources.youtube import thumbnails
from classifier.staff.sessions import is_staff


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(
        request, "about/about.html", {"library": library.tracks(), "audit": audit.public()}
    )


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon, for what has no link to it: the admin, and answers that are no pages."""
    return redirect(static("img/favicon.svg"))


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Report health: any answer shows that web and database work, `status` is the worker's.

    Exact versions are told to staff alone.
    """
    return JsonResponse(health_report(exact=is_staff(request)))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    ctx = {
        "history_days": settings.HISTORY_DAYS,
        "failures_days": settings.FAILURES_DAYS,
        "similar_from_all": settings.SIMILAR_FROM_ALL,
        "counts_hours": retention.COUNTS_HOURS,
        "uploads_hours": retention.UPLOADS_HOURS,
        "uploads_at": settings.UPLOADS_AT,
        "thumbnail_days": thumbnails.KEEP_DAYS,
        "session_days": settings.SESSION_COOKIE_AGE // 86_400,
        "cookies": {
            "session": settings.SESSION_COOKIE_NAME,
            "csrf": settings.CSRF_COOKIE_NAME,
            "messages": settings.MESSAGES_COOKIE_NAME,
        },
        "limited": any(
            (
                settings.SEARCHES_PER_MINUTE,
                settings.JOBS_PER_HOUR,
                settings.JOBS_AT_ONCE,
                settings.CORRECTIONS_PER_HOUR,
            )
        ),
    }
    return render(request, "privacy/privacy.html", ctx)
