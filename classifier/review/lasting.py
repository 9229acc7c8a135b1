"""Copies of reviews that stay when an answer is forgotten: see `classifier.models.Verdict`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from classifier import serving
from classifier.genres import NO_GENRE
from classifier.models import Classification, Verdict, VerdictChange

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COPIED = (
    "source", "source_id", "extent", "artist", "features", "genre", "is_outside", "confidence",
    "model_id", "reviewed_genre", "reviewed_by", "reviewed_at", "state",
)  # fmt: skip

UNIQUE = ("recording", "model_id", "extent", "origin")  # what a verdict is about


def keyed(kind: str, name: str) -> str:
    """Return a hash that only this site can make, and that compares to none of another kind."""
    key = f"verdict {kind} {settings.SECRET_KEY}".encode()
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:40]


def recording_of(row: Any) -> str:
    """Return the keyed hash of a recording, whichever model answered and however much it heard."""
    return keyed("recording", f"{row.source}:{row.source_id}")


def group_of(row: Any) -> str:
    """Return the keyed hash of what must not be on both sides of a split."""
    artist = " ".join(row.artist.casefold().split())
    return keyed("artist", artist) if artist else recording_of(row)


def person_of(user: User) -> str:
    return keyed("person", user.get_username())


def keep(
    rows: Iterable[Classification],
    before: dict[int, str],
    user: User,
    *,
    stream: str = Verdict.Stream.LIST,
    now: datetime | None = None,
) -> None:
    """Copy the reviews that rows have now, and note in the audit trail what has changed.

    Parameters
    ----------
    before : what was said of each, by its primary key; "" is nothing
    stream : how the recordings came before the person
    """
    now = now or timezone.now()
    copies, changes, cleared = [], [], []
    for row in rows:
        after, was = row.reviewed_genre, before.get(row.pk, "")
        if after and row.is_done:  # of what was not heard there is nothing to learn
            values = values_of(row)
            copies.append(Verdict(**values, person=person_of(user), reviewer=user, stream=stream))
        elif was:
            cleared.append(row)
        if after != was:
            changes.append(
                VerdictChange(
                    recording=recording_of(row),
                    before=was,
                    after=after,
                    person=person_of(user),
                    reviewer=user,
                    stream=stream,
                    changed_at=now,
                )
            )
    write(copies)
    for row in cleared:
        Verdict.objects.filter(
            recording=recording_of(row), model_id=row.model_id, extent=row.extent, origin=""
        ).delete()
    VerdictChange.objects.bulk_create(changes)


def values_of(row: Any) -> dict[str, Any]:
    """Return what is copied of a row's review, but for who said it and in which stream."""
    return {
        "recording": recording_of(row),
        "group": group_of(row),
        "space": space_of(row),
        "extent": row.extent,
        "features": row.features,
        "label": row.reviewed_genre,
        "answer": NO_GENRE if row.is_outside else row.genre,
        "confidence": row.confidence,
        "model_id": row.model_id,
        "source": row.source,
        "decided_at": row.reviewed_at or timezone.now(),
    }


def write(copies: Iterable[Verdict]) -> None:
    """Store copies, each in place of an earlier one about the same answer; the last one holds."""
    # One statement cannot write a row twice.
    latest = {tuple(getattr(copy, name) for name in UNIQUE): copy for copy in copies}
    names = {field.name for field in Verdict._meta.concrete_fields} - {*UNIQUE, "id", "stream"}
    by_stream: dict[bool, list[Verdict]] = {}
    for copy in latest.values():
        by_stream.setdefault(copy.stream == Verdict.Stream.AUDIT, []).append(copy)
    # What was drawn at random once stays so, whoever corrects it later; and it is no matter whether
    # somebody had picked it before.
    for is_drawn, part in by_stream.items():
        Verdict.objects.bulk_create(
            part,
            update_conflicts=True,
            unique_fields=UNIQUE,
            update_fields=sorted(names | ({"stream"} if is_drawn else set())),
        )


def space_of(row: Any) -> str:
    """Return the feature space of a row's features; "" where its model is gone."""
    card = serving.card_of(row)
    return card.feature_space if card else ""
