"""Numbers of the overview on the first page of the admin.

Every query is bounded by an index that begins with state and time, and but for the few reviews and
corrections is answered by that index alone: see `classification_by_state`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils import timezone

from classifier import serving
from classifier.days import midnight
from classifier.failure_reasons import staff_words
from classifier.genres import NO_GENRE, genre_name
from classifier.models import Classification, ClassificationQuerySet, Worker
from classifier.review.agreement import REVIEW_DAYS, corrections, reviews

from .filters import UNNAMED

DAYS = 14
BAR_WIDTH, BAR_HEIGHT = 24, 100  # units of the drawing


def dashboard(now: datetime | None = None) -> dict:
    now = timezone.localtime(now)
    start = midnight(now.date() - timedelta(days=DAYS - 1))
    lately = Classification.objects.filter(created_at__gte=start).order_by()
    workers = list(Worker.objects.alive())
    return {
        "days": _days(lately, start),
        "n_days": DAYS,
        "failures": _failures(lately),
        "genres": _genres(lately),
        "review_days": REVIEW_DAYS,
        "reviews": reviews(now),
        "corrections": corrections(now),
        "waiting": Classification.objects.unfinished().count(),
        "workers": len(workers),
        "workers_ready": sum(worker.ready for worker in workers),
    }


def _failures(lately: ClassificationQuerySet) -> list[dict]:
    """Count why songs failed, the most frequent cause first: {name, n, query of the list}."""
    failed = lately.filter(state=Classification.State.FAILED)
    rows = failed.values_list("error_kind").annotate(n=Count("pk")).order_by("-n", "error_kind")
    return [
        {"name": staff_words(kind), "n": n, "query": urlencode({"error_kind": kind or UNNAMED})}
        for kind, n in rows
    ]


def _genres(lately: ClassificationQuerySet) -> list[dict]:
    """Count the answers, the most frequent first, with one row for all none of the genres."""
    counts: dict[str, int] = {}
    for genre, outside, n in (
        lately.done().values_list("genre", "is_outside").annotate(n=Count("pk")).order_by()
    ):
        answer = NO_GENRE if outside else genre
        counts[answer] = counts.get(answer, 0) + n
    n_genres = serving.common_genre_count()
    return [
        {
            "name": genre_name(answer, n_genres),
            "n": n,
            "query": urlencode(
                {"is_outside__exact": 1}
                if answer == NO_GENRE
                else {"genre": answer, "is_outside__exact": 0}
            ),
        }
        for answer, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _days(lately: ClassificationQuerySet, start: datetime) -> list[dict]:
    """Return one dict a day, oldest first, empty days included, with the bar to draw for it."""
    first = start.date()
    starts = [midnight(first + timedelta(days=i)) for i in range(DAYS + 1)]
    done = _by_day(lately.filter(state=Classification.State.DONE), starts)
    failed = _by_day(lately.filter(state=Classification.State.FAILED), starts)
    days: list[dict[str, Any]] = [
        {"day": first + timedelta(days=i), "done": done[i], "failed": failed[i], "x": i * BAR_WIDTH}
        for i in range(DAYS)
    ]
    highest = max([day["done"] + day["failed"] for day in days] + [1])
    for day in days:
        day["done_height"] = round(day["done"] * BAR_HEIGHT / highest)
        day["failed_height"] = round(day["failed"] * BAR_HEIGHT / highest)
        day["failed_y"] = BAR_HEIGHT - day["failed_height"]
        day["done_y"] = day["failed_y"] - day["done_height"]
    return days


def _by_day(queryset: ClassificationQuerySet, starts: list[datetime]) -> list[int]:
    """Count what was asked for between each moment and the next.

    Not by TruncDate: SQLite calls Python for it, once a row.
    """
    counts = queryset.aggregate(
        **{
            f"day_{i}": Count("pk", filter=Q(created_at__gte=start, created_at__lt=end))
            for i, (start, end) in enumerate(pairwise(starts))
        }
    )
    return list(counts.values())
