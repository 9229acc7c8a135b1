"""The list of classifications in the admin, made quick for a million rows.

With a million rows of several KB each, no page may read all rows: choices of filters are known
beforehand, counting ends early, dates are not collected. What a filter asks for stands in the
indexes `classification_by_time` and `classification_by_state`: rows are read only to be shown.
"""

from __future__ import annotations

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import smart_split, unescape_string_literal

from classifier.models import Classification, HistoryEntry

MOST_COUNTED = 10_000
FEW = 500
NAMED = "named"  # the attribute that holds the entries with the name of an uploaded file
# What a list shows. Without the rest, a page does not read every segment of fifty songs.
SHOWN = (
    "public_id", "title", "artist", "source", "source_id", "extent", "state", "error_kind",
    "genre", "is_outside", "is_music", "confidence", "reviewed_genre", "model_id", "created_at",
)  # fmt: skip


class Over(int):
    """A count that ended early: the number counted so far, written as "over 10,000"."""

    def __str__(self) -> str:
        return f"over {int(self):,}"


class EarlyPaginator(Paginator):
    """Count no further than MOST_COUNTED; rows beyond are reached by filters and dates."""

    object_list: QuerySet[Classification]

    @cached_property
    def count(self) -> int:
        n = self.object_list.order_by()[: MOST_COUNTED + 1].count()
        return n if n <= MOST_COUNTED else Over(MOST_COUNTED)


class LightList(ChangeList):
    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Classification]:
        return _light(super().get_queryset(request, exclude_parameters))

    def get_results(self, request: HttpRequest) -> None:
        """Search once: where few rows are found, list them by id instead of searching again."""
        if self.query:
            found = list(self.queryset.order_by().values_list("pk", flat=True)[: FEW + 1])
            if len(found) <= FEW:
                order = self.queryset.query.order_by
                self.queryset = _light(self.root_queryset.filter(pk__in=found).order_by(*order))
        super().get_results(request)


def _light(queryset: QuerySet[Classification]) -> QuerySet[Classification]:
    return queryset.only(*SHOWN).prefetch_related("corrections", file_names())


def file_names() -> Prefetch:
    """Prefetch the names of uploaded files as NAMED; for staff alone."""
    named = HistoryEntry.objects.exclude(title="").order_by("pk").only("title", "classification")
    return Prefetch("entries", named, to_attr=NAMED)


def search(queryset: QuerySet[Classification], text: str) -> QuerySet[Classification]:
    """Filter by every word, or "phrase in quotes", in a title, a name, a genre or an id."""
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
