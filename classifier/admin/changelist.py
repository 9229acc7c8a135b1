"""What keeps the admin's list of classifications quick, and its filters.

With a million rows of several KB each, no page may read all rows: choices of filters are known
beforehand, counting ends early, dates are not collected. What a filter asks for stands in the
indexes `classification_by_time` and `classification_by_state`: rows are read only to be shown.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q, QuerySet
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst, smart_split, unescape_string_literal

from classifier.failure_reasons import in_words
from classifier.models import NO_GENRE, Classification, Correction, HistoryEntry
from classifier.web.forms import GENRE_CHOICES
from ml.registry.card import model_ids

MOST_COUNTED = 10_000
FEW = 500
UNNAMED = "-"  # in an address, for a failure without a kind
RETIRED = "-"
# What a list shows. Without the rest, a page does not read every segment of fifty songs.
SHOWN = (
    "public_id", "title", "artist", "source", "source_id", "extent", "state", "error_kind",
    "genre", "is_outside", "confidence", "reviewed_genre", "model_id", "created_at",
)  # fmt: skip


class Over(int):
    """A count that ended early: as a number the least it may be, in words that there are more."""

    def __str__(self) -> str:
        return f"over {int(self):,}"


class EarlyPaginator(Paginator):
    """Counts no further than MOST_COUNTED; what lies beyond is found by filters and dates."""

    @cached_property
    def count(self) -> int:
        n = self.object_list.order_by()[: MOST_COUNTED + 1].count()
        return n if n <= MOST_COUNTED else Over(MOST_COUNTED)


class LightList(ChangeList):
    def get_queryset(self, request, exclude_parameters=None) -> QuerySet:
        return _light(super().get_queryset(request, exclude_parameters))

    def get_results(self, request) -> None:
        """Look through all titles once: what few rows are found need no search to be listed."""
        if self.query:
            found = list(self.queryset.order_by().values_list("pk", flat=True)[: FEW + 1])
            if len(found) <= FEW:
                order = self.queryset.query.order_by
                self.queryset = _light(self.root_queryset.filter(pk__in=found).order_by(*order))
        super().get_results(request)


def _light(queryset: QuerySet) -> QuerySet:
    return queryset.only(*SHOWN).prefetch_related("corrections", file_names())


def file_names() -> Prefetch:
    """The names of uploaded files, `named` on each classification: for staff alone."""
    named = HistoryEntry.objects.exclude(title="").order_by("pk").only("title", "classification")
    return Prefetch("entries", named, to_attr="named")


def search(queryset: QuerySet, text: str) -> QuerySet:
    """Rows that have every word, or "phrase in quotes", in a title, a name, a genre or an id."""
    for bit in smart_split(text):
        quoted = len(bit) > 1 and bit[0] in "\"'" and bit[-1] == bit[0]
        word = unescape_string_literal(bit) if quoted else bit
        files = HistoryEntry.objects.exclude(title="").filter(title__icontains=word)
        queryset = queryset.filter(
            Q(title__icontains=word)
            | Q(artist__icontains=word)
            | Q(source_id__icontains=word)
            | Q(public_id__icontains=word)
            | Q(genre__icontains=word)
            # No join, which would read every row of both tables.
            | Q(pk__in=files.order_by().values("classification"))
        )
    return queryset


def dates(changelist: ChangeList) -> dict:
    """What admin/date_hierarchy.html shows: the years, months or days to choose from.

    Django's own collects the dates of all rows. Here every day from the first row to the last may
    be chosen; some may turn out to be empty.
    """
    first, last = _day("created_at"), _day("-created_at")
    if first is None:
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
    # Django 6 names what it filters by.
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


class ReviewedFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("open", "Not reviewed"), ("agreed", "Confirmed"), ("corrected", "Corrected")]

    def queryset(self, request, queryset):
        match self.value():
            case "open":
                return queryset.done().filter(reviewed_genre="")
            case "agreed":
                return queryset.confirmed()
            case "corrected":
                return queryset.overruled()
        return queryset


class CorrectionsFilter(admin.SimpleListFilter):
    title = "what visitors say"
    parameter_name = "corrections"

    def lookups(self, request, model_admin):
        return [
            ("any", "Has corrections"),
            ("other", "Somebody contradicts the model"),
            ("no", "Has none"),
        ]

    def queryset(self, request, queryset):
        # Corrections are few, so they are where the database should begin.
        said = Correction.objects.order_by()
        match self.value():
            case "any":
                return queryset.filter(pk__in=said.values("classification"))
            case "other":
                other = said.filter(
                    Q(classification__is_outside=False) & ~Q(genre=F("classification__genre"))
                    | Q(classification__is_outside=True) & ~Q(genre=NO_GENRE)
                )
                return queryset.filter(pk__in=other.values("classification"))
            case "no":
                return queryset.exclude(pk__in=said.values("classification"))
        return queryset


class GenreFilter(admin.SimpleListFilter):
    title = "genre"
    parameter_name = "genre"

    def lookups(self, request, model_admin):
        return GENRE_CHOICES

    def queryset(self, request, queryset):
        return queryset.filter(genre=self.value()) if self.value() else queryset


class ModelFilter(admin.SimpleListFilter):
    title = "model"
    parameter_name = "model_id"

    def lookups(self, request, model_admin):
        return [*((name, name) for name in model_ids()), (RETIRED, "no longer here")]

    def queryset(self, request, queryset):
        match self.value():
            case None:
                return queryset
            case "-":
                return queryset.exclude(model_id__in=model_ids())
        return queryset.filter(model_id=self.value())


class FailureFilter(admin.SimpleListFilter):
    title = "cause of failure"
    parameter_name = "error_kind"

    def lookups(self, request, model_admin):
        # Failures are few, stand together in the index by state, and are kept for a time only.
        failed = Classification.objects.filter(state=Classification.State.FAILED).order_by()
        kinds = failed.values_list("error_kind", flat=True).distinct()
        return sorted(((kind or UNNAMED, in_words(kind)) for kind in kinds), key=lambda c: c[1])

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        kind = "" if self.value() == UNNAMED else self.value()
        return queryset.filter(state=Classification.State.FAILED, error_kind=kind)
