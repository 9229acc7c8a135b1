"""Filters of the list of classifications."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from classifier import serving
from classifier.failure_reasons import staff_words
from classifier.genres import NO_GENRE, genre_name
from classifier.models import Classification, ClassificationQuerySet, Correction

UNNAMED = "-"  # in an address, for a failure without a kind


RETIRED = "-"


class ReviewedFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("open", "Not reviewed"), ("agreed", "Confirmed"), ("corrected", "Corrected")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        songs = cast("ClassificationQuerySet", queryset)  # as its manager made it
        match self.value():
            case "open":
                return songs.done().filter(reviewed_genre="")
            case "agreed":
                return songs.confirmed()
            case "corrected":
                return songs.overruled()
        return songs


class CorrectionsFilter(admin.SimpleListFilter):
    title = "what visitors say"
    parameter_name = "corrections"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("any", "Has corrections"),
            ("other", "Somebody contradicts the model"),
            ("no", "Has none"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        # Corrections are few, so the query begins with them.
        said = Correction.objects.order_by()
        match self.value():
            case "any":
                return queryset.filter(pk__in=said.values("classification"))
            case "other":
                return queryset.filter(pk__in=said.contradicting().values("classification"))
            case "no":
                return queryset.exclude(pk__in=said.values("classification"))
        return queryset


class GenreFilter(admin.SimpleListFilter):
    title = "genre"
    parameter_name = "genre"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(label, genre_name(label)) for label in serving.all_labels()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(genre=self.value()) if self.value() else queryset


class NoGenreFilter(admin.BooleanFieldListFilter):
    """Of the field is_outside, under a title that counts the genres of the models at hand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = genre_name(NO_GENRE, serving.common_genre_count())


class ModelFilter(admin.SimpleListFilter):
    title = "model"
    parameter_name = "model_id"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*((name, name) for name in serving.registry().ids()), (RETIRED, "no longer here")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case None:
                return queryset
            case "-":
                return queryset.exclude(model_id__in=serving.registry().ids())
        return queryset.filter(model_id=self.value())


class FailureFilter(admin.SimpleListFilter):
    title = "cause of failure"
    parameter_name = "error_kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        # Failures are few, stand together in the index by state, and are kept for a time only.
        failed = Classification.objects.filter(state=Classification.State.FAILED).order_by()
        kinds = failed.values_list("error_kind", flat=True).distinct()
        return sorted(((kind or UNNAMED, staff_words(kind)) for kind in kinds), key=lambda c: c[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        kind = "" if self.value() == UNNAMED else self.value()
        return queryset.filter(state=Classification.State.FAILED, error_kind=kind)
