"""What visitors say a recording really is: one word each, for staff to review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone

from classifier.models import NO_GENRE, Classification, Correction
from classifier.templatetags.formatting import genre_name
from classifier.web.forms import CorrectionForm

from .identity import visitor_of


def context_for(request: HttpRequest, classification: Classification) -> dict:
    """What _correction.html shows: this visitor's correction, if any, and the form for it."""
    correction = own(visitor_of(request), classification)
    return {
        "correction": correction,
        "correction_says": spoken(correction.genre) if correction else "",
        "correction_form": CorrectionForm(
            initial={"genre": correction.genre if correction else ""},
            auto_id="correction_%s",
        ),
    }


def own(visitor: str, classification: Classification) -> Correction | None:
    if not visitor:
        return None
    return Correction.objects.filter(visitor=visitor, classification=classification).first()


def correct(visitor: str, classification: Classification, genre: str) -> Correction:
    """A visitor says what it is, or changes their mind."""
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


def spoken(genre: str) -> str:
    """A label, or "none", in words."""
    return "none of the ten" if genre == NO_GENRE else genre_name(genre)


def most_named(genres: Iterable[str]) -> tuple[str, int]:
    """The genre named most often and how often; ("", n) where two are level, ("", 0) for none."""
    first, *rest = [*Counter(genres).most_common(2), ("", 0)]
    if first[1] and first[1] == rest[0][1]:
        return "", first[1]
    return first
