"""A page for staff: the last failures with their causes, the queue, and the workers."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from classifier.failure_reasons import staff_words
from classifier.models import Classification, Worker
from classifier.operations import readiness
from classifier.operations.queue_state import oldest_waiting_s

MOST = 50
LATELY = timedelta(days=14)  # an index is read no further back
# What is shown of a row; the rest of it is some KB large.
SHOWN = ("public_id", "title", "source", "source_id", "error_kind", "error_detail", "attempts",
         "retryable", "created_at", "finished_at")  # fmt: skip


@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("classifier.view_classification"):
        raise PermissionDenied
    ctx = {
        **admin.site.each_context(request),
        "title": "How it runs",
        "failures": _last_failures(),
        "most": MOST,
        "days": LATELY.days,
        "waiting": Classification.objects.unfinished().count(),
        "oldest_s": oldest_waiting_s(),
        "workers": Worker.objects.order_by("-seen_at")[:MOST],
        "alive": set(Worker.objects.alive().values_list("pk", flat=True)),
        "problems": {name: words for name, words in readiness.problems().items() if words},
    }
    return TemplateResponse(request, "admin/operations.html", ctx)


def _last_failures() -> list[dict]:
    rows = (
        Classification.objects.filter(
            state=Classification.State.FAILED, created_at__gte=timezone.now() - LATELY
        )
        .order_by("-created_at")
        .only(*SHOWN)[:MOST]
    )
    return [
        {"song": row, "cause": staff_words(row.error_kind), "detail": _last_line(row.error_detail)}
        for row in rows
    ]


def _last_line(detail: str) -> str:
    """Return the line of a traceback that says what went wrong."""
    lines = detail.strip().splitlines()
    return lines[-1][:200] if lines else ""
