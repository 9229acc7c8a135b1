"""Corrections: the genre that a visitor gives a recording, for staff to review."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from classifier.models import Classification, Correction

from . import addresses


def own(visitor: str, classification: Classification) -> Correction | None:
    if not visitor:
        return None
    return Correction.objects.filter(visitor=visitor, classification=classification).first()


def correct(
    visitor: str, classification: Classification, genre: str, *, home: str = ""
) -> Correction | None:
    """Store what a visitor says it is, in place of what they said before.

    None where somebody else on the same network has said something already: whoever throws their
    cookie away has no second word.

    Parameters
    ----------
    home : of `home_of`; "" where it is not known
    """
    try:
        with transaction.atomic():
            correction, _ = Correction.objects.update_or_create(
                visitor=visitor,
                classification=classification,
                defaults={"genre": genre, "home": home, "updated_at": timezone.now()},
            )
    except IntegrityError:
        return None
    return correction


def home_of(request: HttpRequest, classification: Classification) -> str:
    """Return a hash of the sender's network that compares to no hash at another song."""
    return addresses.hashed(addresses.home_of(request), purpose=f"correction {classification.pk}")


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


def let_go(visitor: str) -> None:
    """Keep a visitor's corrections under a name that leads to nobody."""
    if visitor:
        Correction.objects.filter(visitor=visitor).update(visitor=uuid.uuid4().hex)
