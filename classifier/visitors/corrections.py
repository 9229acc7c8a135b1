"""Corrections: the genre that a visitor gives a recording, for staff to review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.utils import timezone

from classifier.models import Classification, Correction


def own(visitor: str, classification: Classification) -> Correction | None:
    if not visitor:
        return None
    return Correction.objects.filter(visitor=visitor, classification=classification).first()


def correct(visitor: str, classification: Classification, genre: str) -> Correction:
    """Store what a visitor says it is, in place of what they said before."""
    correction, _ = Correction.objects.update_or_create(
        visitor=visitor,
        classification=classification,
        defaults={"genre": genre, "updated_at": timezone.now()},
    )
    return correction


def withdraw(visitor: str, classification: Classification) -> bool:
    """Take a correction back; returns whether there was one."""
    if correction := own(visitor, classification):
        correction.delete()
    return correction is not None


def most_named(genres: Iterable[str]) -> tuple[str, int]:
    """Return the genre named most and how often; ("", n) for a tie, ("", 0) for none."""
    first, *rest = [*Counter(genres).most_common(2), ("", 0)]
    if first[1] and first[1] == rest[0][1]:
        return "", first[1]
    return first
