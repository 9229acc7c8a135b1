"""Verdicts of staff, written in bulk."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Count, Expression, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from classifier import serving
from classifier.genres import NO_GENRE, genre_choices, genre_name
from classifier.models import Classification, Verdict

from . import lasting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What the name of a row in the log is made of; the rest of a row is not read.
NAMED = ("public_id", "title", "artist", "source", "source_id", "state", "genre", "is_outside")
CANNOT_TELL = "cannot tell"
MOST_NAMED = 20  # genres that people have named, offered as choices
BATCH = 500  # reviews written in one transaction: a visitor's request must not wait for long


def reviewer(request: HttpRequest) -> User:
    """Return who reviews: the admin lets nobody in who is not signed in."""
    return cast("User", request.user)


def review(
    request: HttpRequest, queryset: QuerySet[Classification], genre: Expression, note: str
) -> tuple[int, int]:
    """Write what is said of many, but for those of which somebody else has said otherwise.

    A list shows what was said when it was opened; to write over another's word one opens the song.
    Nor is written over what somebody said of one drawn at random, before the model's answer was
    shown. To take a review back is no other word. Returns how many were written, and how many left.
    """
    chosen = list(queryset.order_by().values_list("pk", flat=True))
    if genre == Value(""):
        return write_verdicts(request, chosen, genre, note), 0
    others = Q(reviewed_by__isnull=False) & ~Q(reviewed_by=reviewer(request))
    drawn = Q(pk__in=_drawn(queryset))
    written = write_verdicts(
        request, chosen, genre, note, unless=(others | drawn) & ~Q(reviewed_genre=genre)
    )
    return written, len(chosen) - written


def _drawn(queryset: QuerySet[Classification]) -> list[int]:
    """Return those of some answers that were drawn at random and have been reviewed."""
    rows = list(queryset.order_by().exclude(reviewed_genre="").only(*NAMED, "model_id"))
    audited = Verdict.objects.filter(
        recording__in={lasting.recording_of(row) for row in rows},
        stream=Verdict.Stream.AUDIT,
        origin="",
    )
    known = set(audited.values_list("recording", "model_id"))
    return [row.pk for row in rows if (lasting.recording_of(row), row.model_id) in known]


def choices_of(row: Classification) -> list[tuple[str, str]]:
    """Return what may be said of a recording, (value, words): genres first, "cannot tell" last.

    The genres are those of the model that answered, and those that people have named besides.
    """
    labels = serving.labels_of(row)
    known = genre_choices(labels, len(labels))
    named = [(label, genre_name(label)) for label in named_genres(labels)]
    return [*known[:-1], *named, known[-1], (Verdict.CANNOT_TELL, CANNOT_TELL)]


def named_genres(labels: Collection[str]) -> list[str]:
    """Return genres that this site's staff have named and no model of these labels knows."""
    counts = (
        Verdict.objects.certain()
        .filter(origin="")
        .exclude(label__in=[*labels, NO_GENRE])
        .order_by()
        .values("label")
        .annotate(n=Count("pk"))
        .order_by("-n", "label")
    )
    return sorted(counts.values_list("label", flat=True)[:MOST_NAMED])


def review_state(row: Classification) -> str:
    """Return what changes whenever a review is written or taken back."""
    return f"{row.reviewed_genre} {row.reviewed_at.isoformat()}" if row.reviewed_at else ""


def said_words(genre: str, row: Classification) -> str:
    """Return a verdict in words; "" is none."""
    if genre == Verdict.CANNOT_TELL:
        return CANNOT_TELL
    return serving.genre_name_by(genre, row) if genre else "not reviewed"


def meanwhile(row: Classification, said: str, seen: str) -> str:
    """Say that somebody else has written another review than the one that was seen; "" if not.

    Call it in the transaction that writes. `row` names the row; how it is now is read here, and is
    nobody else's until the transaction ends.
    """
    rows = Classification.objects.select_for_update()
    current = rows.filter(pk=row.pk).first()
    if current is None:
        return "This answer has been forgotten meanwhile."
    if review_state(current) == seen or current.reviewed_genre == said:
        return ""
    who = current.reviewed_by or "somebody"
    return (
        f"Meanwhile {who} has said: {said_words(current.reviewed_genre, current)}. Nothing was"
        " overwritten. Save again if you say something else all the same."
    )


def write_one(
    request: HttpRequest, row: Classification, said: str, *, seen: str, stream: str
) -> str:
    """Write what somebody says of one recording; returns why that was not done, "" if it was."""
    with transaction.atomic():
        if problem := meanwhile(row, said, seen):
            return problem
        write_verdicts(request, [row.pk], Value(said), f"Review: {said}.", stream=stream)
    return ""


def is_audited(row: Classification) -> bool:
    """Tell whether a recording that was drawn at random has its verdict."""
    return Verdict.objects.filter(
        recording=lasting.recording_of(row),
        model_id=row.model_id,
        stream=Verdict.Stream.AUDIT,
        origin="",
    ).exists()


def write_verdicts(
    request: HttpRequest,
    pks: list[int],
    genre: Expression,
    note: str,
    *,
    stream: str = Verdict.Stream.LIST,
    unless: Q | None = None,
) -> int:
    """Write the genre that these have (an empty Value takes the review back), and log who did.

    unless : which are left alone, asked when they are written: somebody else may write meanwhile

    Returns how many were written.
    """
    cleared = genre == Value("")
    values = {
        "reviewed_genre": genre,
        "reviewed_by": None if cleared else reviewer(request),
        "reviewed_at": None if cleared else timezone.now(),
    }
    count = 0
    for start in range(0, len(pks), BATCH):
        songs = Classification.objects.filter(pk__in=pks[start : start + BATCH])
        with transaction.atomic():
            wanted = songs.exclude(unless) if unless else songs
            free = list(wanted.select_for_update(of=("self",)).values_list("pk", flat=True))
            songs, count = Classification.objects.filter(pk__in=free), count + len(free)
            before = dict(songs.values_list("pk", "reviewed_genre"))
            songs.update(**values)
            lasting.keep(songs.only(*lasting.COPIED), before, reviewer(request), stream=stream)
            shown = songs.only(*NAMED)
            LogEntry.objects.log_actions(reviewer(request).pk, shown, CHANGE, note)
    return count
