"""The date hierarchy of the list of classifications."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.admin.views.main import ChangeList
from django.utils import formats, timezone
from django.utils.text import capfirst

from classifier.models import Classification


def dates(changelist: ChangeList) -> dict:
    """Return the years, months or days to choose from, for admin/date_hierarchy.html.

    Django's own collects the dates of all rows. Here every day from the first row to the last may
    be chosen; some may turn out to be empty.
    """
    first, last = _day("created_at"), _day("-created_at")
    if first is None or last is None:
        return {"show": False}
    year, month, day = (
        int(value) if (value := changelist.params.get(f"created_at__{part}")) else None
        for part in ("year", "month", "day")
    )
    narrowed = year is not None
    if not narrowed and first.year == last.year:
        year = first.year
        month = first.month if first.month == last.month else None

    def link(*parts: int) -> str:
        names = ("created_at__year", "created_at__month", "created_at__day")
        return changelist.get_query_string(dict(zip(names, parts, strict=False)), ["created_at__"])

    def choice(at: date, format_name: str, *parts: int) -> dict:
        return {"title": _said(at, format_name), "link": link(*parts)}

    back = None
    if year and month and day:
        at = date(year, month, day)
        back = {"title": _said(at, "YEAR_MONTH_FORMAT"), "link": link(year, month)}
        choices = [{"title": _said(at, "MONTH_DAY_FORMAT")}]
    elif year and month:
        days = _days_of(year, month, first, last)
        choices = [choice(at, "MONTH_DAY_FORMAT", year, month, at.day) for at in days]
        back = {"title": str(year), "link": link(year)}
    elif year:
        months = [date(year, n, 1) for n in range(1, 13)]
        choices = [
            choice(at, "YEAR_MONTH_FORMAT", year, at.month)
            for at in months
            if first.replace(day=1) <= at <= last
        ]
        back = {"title": "All dates", "link": link()}
    else:
        choices = [{"title": str(n), "link": link(n)} for n in range(first.year, last.year + 1)]
    # Django 6's template of the date hierarchy needs field_name.
    return {
        "show": True,
        "back": back if narrowed else None,
        "choices": choices,
        "field_name": "date",
    }


def _day(order: str) -> date | None:
    moments = Classification.objects.order_by(order).values_list("created_at", flat=True)
    moment = moments.first()
    return timezone.localdate(moment) if moment else None


def _days_of(year: int, month: int, first: date, last: date) -> list[date]:
    start = date(year, month, 1)
    days = [start + timedelta(days=n) for n in range(31)]
    return [day for day in days if day.month == month and first <= day <= last]


def _said(at: date, format_name: str) -> str:
    return capfirst(formats.date_format(at, format_name))
