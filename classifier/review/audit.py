"""How good the model is on this site's music, told by the recordings that were drawn at random."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.db.models.functions import TruncMonth

from classifier import serving
from classifier.genres import NO_GENRE
from classifier.models.verdicts import VerdictQuerySet
from ml.metrics.intervals import wilson_interval

from . import streams

Said = tuple[str, str, float | None]  # answer, label, confidence
PARTS = (0.0, 0.5, 0.8, 1.01)  # of the confidence
PUBLIC_S = 3600
MONTHS = 12
LEAST = 10  # verdicts before a share is told


@dataclass(frozen=True)
class Share:
    """A share of the answers, with an interval of 95 %; `n` verdicts tell of it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Audit:
    """What the verdicts of the audit say.

    n, cannot_tell : verdicts, and those in which somebody could not tell, which count no further
    accuracy : share of the answers that are right; None with too few verdicts
    by_answer : the same of the answers of each kind
    confusion : how often people said what, by what the model said
    sure : (least and most confidence, how often right, how many) of answers that name a genre
    more : how many more verdicts would halve the width of the interval
    """

    n: int
    cannot_tell: int
    accuracy: Share | None
    by_answer: dict[str, Share]
    confusion: dict[str, Counter[str]]
    sure: list[tuple[float, float, int, int]]
    more: int


def public() -> Share | None:
    """Return how often answers are right, where the operator lets everybody know.

    Kept for an hour, because answers are counted for it. The page that shows it is shown without it
    while the database is away.
    """
    if not settings.AUDIT_PUBLIC:
        return None
    key = f"audit:{serving.card().model_id}"
    found: list[Share | None] | None = cache.get(key)
    if found is None:
        try:
            found = [report().accuracy]
        except (DatabaseError, InterfaceError):
            return None
        cache.set(key, found, PUBLIC_S)
    return found[0]


def report() -> Audit:
    """Judge the model that serves by this site's own audit."""
    verdicts = streams.verdicts()
    certain = list(verdicts.certain().values_list("answer", "label", "confidence"))
    return judge(certain, streams.strata(), cannot_tell=verdicts.count() - len(certain))


def judge(
    said: Iterable[Said],
    population: Mapping[str, int],
    *,
    cannot_tell: int = 0,
) -> Audit:
    """Judge answers by verdicts.

    Parameters
    ----------
    said : (answer, label, confidence) triples
    population : how many answers of each kind there are, which a verdict of that kind stands for
    """
    said = list(said)
    confusion: dict[str, Counter[str]] = {}
    for answer, label, _ in said:
        confusion.setdefault(answer, Counter())[label] += 1
    accuracy = stratified(confusion, population) if len(said) >= LEAST else None
    by_answer = {}
    for answer, labels in confusion.items():
        n = labels.total()
        by_answer[answer] = Share(labels[answer] / n, *wilson_interval(labels[answer], n), n)
    return Audit(
        n=len(said) + cannot_tell,
        cannot_tell=cannot_tell,
        accuracy=accuracy,
        by_answer=by_answer,
        confusion=confusion,
        sure=_by_confidence(said),
        # The width goes with the root of the number.
        more=3 * len(said) if accuracy else max(0, LEAST - len(said)),
    )


def stratified(confusion: Mapping[str, Counter[str]], population: Mapping[str, int]) -> Share:
    """Estimate the share of right answers, each kind weighed by how many there are.

    Notes
    -----
    The estimate and variance of stratified sampling (Cochran, Sampling Techniques, 1977, 5.3), with
    each stratum's share drawn towards the middle by half a right and half a wrong answer, so that
    one with a few verdicts that agree does not count as certain. Kinds without a verdict are left
    out. The interval is Wilson's for the number of verdicts that gives this variance.
    """
    weights = {kind: population.get(kind, 0) or confusion[kind].total() for kind in confusion}
    total = sum(weights.values())
    value = variance = 0.0
    n = 0
    for answer, labels in confusion.items():
        size, weight = labels.total(), weights[answer] / total
        drawn = (labels[answer] + 0.5) / (size + 1)
        value += weight * labels[answer] / size
        variance += weight**2 * drawn * (1 - drawn) / size
        n += size
    middle = (value * n + 0.5) / (n + 1)
    effective = min(float(n), middle * (1 - middle) / variance) if variance else float(n)
    counted = max(1, math.floor(effective))
    low, high = wilson_interval(value * counted, counted)
    return Share(value, max(0.0, low), min(1.0, high), n)


def by_month(verdicts: VerdictQuerySet) -> list[tuple[datetime, Share]]:
    """Tell how often answers were right by the month in which people heard them, the newest first.

    Of the model that serves alone: its answers do not change, so what changes is the music.
    """
    counts: dict[datetime, Counter[bool]] = {}
    rows = verdicts.certain().annotate(month=TruncMonth("decided_at"))
    for month, answer, label in rows.values_list("month", "answer", "label"):
        counts.setdefault(month, Counter())[answer == label] += 1
    return [
        (month, Share(n[True] / n.total(), *wilson_interval(n[True], n.total()), n.total()))
        for month, n in sorted(counts.items(), reverse=True)
    ][:MONTHS]


def _by_confidence(said: list[Said]) -> list[tuple[float, float, int, int]]:
    """Count right answers by confidence, in three parts, of those that name a genre."""
    named = [
        (confidence, answer == label)
        for answer, label, confidence in said
        if answer != NO_GENRE and confidence is not None
    ]
    parts = []
    for low, high in pairwise(PARTS):
        right = [is_right for confidence, is_right in named if low <= confidence < high]
        parts.append((low, min(high, 1.0), sum(right), len(right)))
    return parts
