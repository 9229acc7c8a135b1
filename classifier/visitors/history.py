"""One visitor's history: filtered, shown page by page, and deleted.

Pages go by a cursor, the moment and id of the entry at their edge, and not by a number: the
database then reads one page from the index (visitor, -created_at), and never counts or skips.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from classifier.days import midnight
from classifier.genres import NO_GENRE
from classifier.models import Batch, BatchEntry, Classification, Correction, HistoryEntry
from classifier.sources import upload_store

if TYPE_CHECKING:
    from classifier.models.visitors import EntryWithSaid

Entries = TypeVar("Entries", bound=QuerySet[HistoryEntry])

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BATCH = 100  # entries in one transaction: nobody else may wait long to write
# What a list shows. Without the rest, a page does not read every segment of twenty songs.
SHOWN = (
    "title", "start_s", "created_at", "visitor",
    *(f"classification__{name}" for name in (
        "public_id", "source", "source_id", "model_id", "extent", "title", "artist", "duration_s",
        "state", "genre", "confidence", "is_outside", "is_music",
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and the cursors of the pages beside them ("" for none)."""

    entries: list[HistoryEntry]
    newer: str = ""
    older: str = ""


def entries_of(visitor: str, **filters: Any) -> QuerySet[EntryWithSaid]:
    """Return a visitor's entries, newest first, filtered by `matching`.

    `said` is what the visitor says that the recording really is, or None.
    """
    said = Correction.objects.filter(visitor=visitor, classification=OuterRef("classification"))
    entries = HistoryEntry.objects.for_visitor(visitor).only(*SHOWN)
    entries = entries.annotate(said=Subquery(said.values("genre")[:1]))
    return matching(entries, **filters).order_by("-created_at", "-pk")


def matching(
    entries: Entries,
    *,
    q: str = "",
    genre: str = "",
    since: date | None = None,
    until: date | None = None,
) -> Entries:
    """Filter by every word of `q` in title or artist, by genre, and by days, both inclusive."""
    for word in (q or "").split():
        entries = entries.filter(
            Q(title__icontains=word)
            | Q(title="", classification__title__icontains=word)
            | Q(classification__artist__icontains=word)
        )
    if genre:
        entries = entries.filter(classification__state=Classification.State.DONE)
        if genre == NO_GENRE:
            entries = entries.filter(classification__is_outside=True)
        else:
            entries = entries.filter(classification__genre=genre, classification__is_outside=False)
    if since:
        entries = entries.filter(created_at__gte=midnight(since))
    # date.max has no day after it, and needs none.
    if until and until.year < 9999:
        entries = entries.filter(created_at__lt=midnight(until + timedelta(days=1)))
    return entries


def page_of(
    entries: QuerySet[HistoryEntry], size: int, *, older: str = "", newer: str = ""
) -> Page:
    """Return the first page, or the one beyond a cursor that can be read.

    Beyond the end, where the only entry of the last page has just been deleted, it is the page that
    is the last now. Two queries at most, however long the history is.
    """
    if newer and (edge := read_cursor(newer)):
        page = _newer_than(entries, edge, size)
        if page.newer:
            return page
        older = ""  # at the top of the list: show the first page, and a full one
    edge = read_cursor(older)
    found = list((_beyond(entries, edge, "lt") if edge else entries)[: size + 1])
    if edge and not found:
        return _newer_than(entries, None, size)
    shown = found[:size]
    return Page(
        shown,
        newer=cursor(shown[0]) if edge and shown else "",
        older=cursor(shown[-1]) if len(found) > size else "",
    )


def page_after(
    entries: QuerySet[HistoryEntry], size: int, edge: tuple[datetime, int] | None
) -> Page:
    """Return the page that is older than an edge, or the first; beyond the end it is empty.

    In one query. What is asked for meanwhile comes at the top, and moves nothing on later pages.
    """
    found = list((_beyond(entries, edge, "lt") if edge else entries)[: size + 1])
    shown = found[:size]
    return Page(shown, older=cursor(shown[-1]) if len(found) > size else "")


def cursor(entry: HistoryEntry) -> str:
    """Return an entry's position: microseconds since 1970, and the id for equal ones."""
    return f"{(entry.created_at - EPOCH) // MICROSECOND}-{entry.pk}"


def read_cursor(text: str) -> tuple[datetime, int] | None:
    """Return the moment and id of a cursor, or None of another text."""
    moment, _, pk = text.partition("-")
    # 18 digits are more than any real moment or id has, and fit into a database's integers.
    if not (moment.isdecimal() and pk.isdecimal() and max(len(moment), len(pk)) <= 18):
        return None
    try:
        return EPOCH + int(moment) * MICROSECOND, int(pk)
    except OverflowError:
        return None


def forget(visitor: str, pk: int | None = None) -> int:
    """Remove one entry of a visitor's history, or all of it; returns how many.

    Their batches go with all of it, and one song leaves them too. Answers are shared and stay,
    except those to uploads that nobody else sent.
    """
    own = HistoryEntry.objects.filter(visitor=visitor) if visitor else HistoryEntry.objects.none()
    if pk is None:
        Batch.objects.for_visitor(visitor).delete()
    else:
        own = own.filter(pk=pk)
    count = 0
    # A transaction for each batch: nobody else waits long to write, however long a history is.
    while pks := list(own.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            entries = HistoryEntry.objects.filter(pk__in=pks)
            sent = list(
                entries.filter(classification__source=Classification.Source.UPLOAD).values_list(
                    "classification", flat=True
                )
            )
            if pk is not None:
                _leave_batches(visitor, entries)
            entries.delete()
            _remove_orphans(sent)
        count += len(pks)
    return count


def _leave_batches(visitor: str, entries: QuerySet[HistoryEntry]) -> None:
    """Take songs out of a visitor's batches, and remove those that are empty then."""
    batches = Batch.objects.for_visitor(visitor)
    answers = entries.values("classification")
    BatchEntry.objects.filter(batch__in=batches, classification__in=answers).delete()
    batches.filter(entries=None).delete()


def _remove_orphans(pks: list[int]) -> None:
    """Remove those of these uploads' answers that are in nobody's history, and their files.

    One that a worker has not finished stays; retention.py removes it later.
    """
    orphans = Classification.objects.select_for_update(of=("self",)).filter(
        pk__in=pks, entries__isnull=True, answered_from=None
    )
    for orphan in orphans.exclude(state__in=Classification.UNFINISHED):
        # What was answered anew by its numbers goes with it, if it is in nobody's history either.
        anew = list(
            Classification.objects.filter(answered_from=orphan.pk).values_list("pk", flat=True)
        )
        orphan.delete()
        _remove_orphans(anew)
        others = Classification.objects.filter(source=orphan.source, source_id=orphan.source_id)
        if not others.exists():
            upload_store.remove(orphan.source_id)


def _newer_than(
    entries: QuerySet[HistoryEntry], edge: tuple[datetime, int] | None, size: int
) -> Page:
    """Return the page above an edge, or above the end of the list."""
    above = _beyond(entries, edge, "gt") if edge else entries
    found = list(above.order_by("created_at", "pk")[: size + 1])
    shown = found[:size][::-1]
    return Page(
        shown,
        newer=cursor(shown[0]) if len(found) > size else "",
        older=cursor(shown[-1]) if edge and shown else "",
    )


def _beyond(entries: Entries, edge: tuple[datetime, int], side: str) -> Entries:
    at, pk = edge
    # The first condition alone lets the database begin in the index where the page begins.
    return entries.filter(**{f"created_at__{side}e": at}).filter(
        Q(**{f"created_at__{side}": at}) | Q(created_at=at, **{f"pk__{side}": pk})
    )
