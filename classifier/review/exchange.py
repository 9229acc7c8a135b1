"""Verdicts as JSON Lines, to pool those of several sites or to work on them elsewhere.

A line holds the features of a recording and what a person said of it, with the digest of what the
features depend on. Recordings, artists and people are hashes that the site alone can make which the
line is from: two sites cannot find out that they mean the same one, and what comes back to a site
through another is known there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from django.db import transaction
from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from classifier import serving
from classifier.genres import NO_GENRE, genre_label
from classifier.models import Verdict
from ml.errors import MLError

from . import lasting

FORMAT = "genre-verdict-1"
ORIGIN = r"[a-z0-9][a-z0-9.-]{0,63}"
LONGEST_ORIGIN = 64
MOST_FEATURES = 10_000
LARGEST_FEATURE = 100.0  # log odds; those of real music lie within 30
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_LINE = 1_000_000
BATCH = 500

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{1,40}$")]
Label = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^\x00-\x1f]+$")]


class ExchangeError(MLError):
    """A file cannot be taken; nothing of it was."""


class Line(BaseModel):
    """One verdict, as `classifier.models.Verdict` has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["genre-verdict-1"]
    recording: Hash
    group: Hash
    space: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    extent: Literal["usual", "whole"]
    features: Annotated[list[float], Field(max_length=MOST_FEATURES)]
    label: Label
    answer: Label | Literal[""]
    confidence: Annotated[float, Field(ge=0, le=1)] | None
    model_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
    source: Literal["youtube", "library", "upload", "collection", "folder"]
    stream: Literal["list", "doubtful", "audit", "folder"]
    person: Hash
    decided_at: AwareDatetime
    origin: Annotated[str, Field(pattern=rf"^({ORIGIN})?$")] = ""

    @field_validator("features")
    @classmethod
    def _finite(cls, features: list[float]) -> list[float]:
        if not all(abs(feature) <= LARGEST_FEATURE for feature in features):
            raise ValueError(f"a feature is beyond {LARGEST_FEATURE:g}")
        return features

    @field_validator("label")
    @classmethod
    def _is_said_here(cls, label: str) -> str:
        if label not in (NO_GENRE, Verdict.CANNOT_TELL) and genre_label(label) != label:
            raise ValueError("no label of a genre, as it is written here")
        return label

    @field_validator("decided_at")
    @classmethod
    def _is_past(cls, moment: datetime) -> datetime:
        # Compared as they are: what is near the ends of the calendar has no other zone.
        if not EARLIEST <= moment <= timezone.now() + timedelta(days=1):
            raise ValueError("not between the year 2000 and now")
        return moment


def lines() -> Iterator[str]:
    """Yield every verdict as a line of JSON, imported ones with their origin."""
    names = [name for name in Line.model_fields if name != "format"]
    for values in Verdict.objects.order_by("pk").values(*names).iterator(BATCH):
        values["decided_at"] = values["decided_at"].isoformat()
        yield json.dumps({"format": FORMAT, **values}, allow_nan=False)


def take(text: Iterable[str], origin: str) -> tuple[int, int]:
    """Store the verdicts of a file, marked with where they came from.

    What the file has of others keeps their names behind that of the file: "a" from "b" is "b.a".

    Returns
    -------
    how many were stored, and how many of them compare to no model that is at hand

    Raises
    ------
    ExchangeError : a line is none; then nothing was stored
    """
    sizes = {card.feature_space: len(card.tags) for card in serving.cards() if card.tags}
    count = strange = 0
    with transaction.atomic():
        batch: list[Verdict] = []
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            values = _values(line, number)
            values["origin"] = f"{origin}.{values['origin']}" if values["origin"] else origin
            if len(values["origin"]) > LONGEST_ORIGIN:
                raise ExchangeError(f"Line {number}: it has come through too many sites.")
            known = sizes.get(values["space"])
            # An answer from before numbers were stored has none.
            if known is not None and values["features"] and len(values["features"]) != known:
                raise ExchangeError(f"Line {number}: {known} features were expected.")
            strange += known is None or not values["features"]
            count += 1
            batch.append(Verdict(**values))
            if len(batch) == BATCH:
                lasting.write(batch)
                batch = []
        lasting.write(batch)
    return count, strange


def remove(origin: str) -> int:
    """Delete what was imported from somewhere, and from others through them."""
    count, _ = (
        Verdict.objects.filter(origin=origin)
        | Verdict.objects.filter(origin__startswith=f"{origin}.")
    ).delete()
    return count


def _values(line: str, number: int) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ExchangeError(f"Line {number} is too long.")
    try:
        found = Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ExchangeError(
            f"Line {number}: {where + ': ' if where else ''}{first['msg']}."
        ) from None
    return found.model_dump(exclude={"format"})
