"""The overview on the first page of the admin. Every query is bounded by an index on time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from .corrections import spoken
from .models import NO_GENRE, Classification, Correction, Worker

DAYS = 14
REVIEW_DAYS = 90  # reviews and corrections are fewer, so look further back
BAR_WIDTH, BAR_HEIGHT = 24, 100  # units of the drawing


def dashboard(now: datetime | None = None) -> dict:
    now = timezone.localtime(now)
    start = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    lately = Classification.objects.filter(created_at__gte=start).order_by()
    workers = list(Worker.objects.alive())
    return {
        "days": _days(lately, start),
        "n_days": DAYS,
        "failures": _tally(lately.filter(state=Classification.State.FAILED), "error_kind"),
        "genres": [(spoken(genre), n) for genre, n in _tally(_answers(lately), "answer")],
        "review_days": REVIEW_DAYS,
        "reviews": _reviews(now),
        "corrections": _corrections(now),
        "waiting": Classification.objects.unfinished().count(),
        "workers": len(workers),
        "workers_ready": sum(worker.ready for worker in workers),
    }


def _answers(queryset):
    """Done, with `answer`: the genre, or NO_GENRE where the model says none of the ten."""
    return queryset.done().annotate(
        answer=Case(When(is_outside=True, then=Value(NO_GENRE)), default=F("genre"))
    )


def _tally(queryset, field: str) -> list[tuple[str, int]]:
    rows = queryset.values_list(field).annotate(n=Count("pk")).order_by("-n", field)
    return list(rows)


def _days(lately, start: datetime) -> list[dict]:
    """One dict a day, oldest first, days without anything included, with the bar to draw for it."""
    rows = (
        lately.annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(
            done=Count("pk", filter=Q(state=Classification.State.DONE)),
            failed=Count("pk", filter=Q(state=Classification.State.FAILED)),
        )
    )
    found = {row["day"]: row for row in rows}
    first = start.date()
    days = []
    for i in range(DAYS):
        day = first + timedelta(days=i)
        row = found.get(day, {"done": 0, "failed": 0})
        days.append({"day": day, "done": row["done"], "failed": row["failed"], "x": i * BAR_WIDTH})
    highest = max([day["done"] + day["failed"] for day in days] + [1])
    for day in days:
        day["done_height"] = round(day["done"] * BAR_HEIGHT / highest)
        day["failed_height"] = round(day["failed"] * BAR_HEIGHT / highest)
        day["failed_y"] = BAR_HEIGHT - day["failed_height"]
        day["done_y"] = day["failed_y"] - day["done_height"]
    return days


def _reviews(now: datetime) -> dict:
    """How often staff said what the model said, of what they reviewed lately."""
    since = now - timedelta(days=REVIEW_DAYS)
    reviewed = Classification.objects.filter(reviewed_at__gte=since).order_by()
    return _share(reviewed.confirmed().count(), reviewed.reviewed().count())


def _corrections(now: datetime) -> dict:
    """How often visitors who said anything said what the model said."""
    since = now - timedelta(days=REVIEW_DAYS)
    said = Correction.objects.filter(updated_at__gte=since).order_by()
    same = Q(classification__is_outside=False, genre=F("classification__genre")) | Q(
        classification__is_outside=True, genre=NO_GENRE
    )
    return _share(said.filter(same).count(), said.count())


def _share(agreed: int, total: int) -> dict:
    return {"agreed": agreed, "total": total, "share": agreed / total if total else None}
