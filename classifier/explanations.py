"""Why an answer is what it is, and how sure: computed for the page from the stored row.

Light: no network is loaded. The model's card holds the head's weights; the row holds what they
were multiplied with, so the account is exact (see ml.explain).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.card import Card
from ml.explain import segment_contributions, tag_contributions
from ml.head import LinearHead
from ml.words import Confidence, also_sounds_like, confidence_word

from .models import Classification

FOR, AGAINST, MOMENTS, ALSO = 5, 3, 3, 5
# Points below this change no percentage that is shown.
LEAST_POINTS = 0.005


@dataclass(frozen=True)
class Voice:
    """A tag that spoke for the genre or against it; `points` are logits, against is below 0."""

    tag: str
    heard: float
    usual: float
    points: float
    share: float


@dataclass(frozen=True)
class Moment:
    """A segment that spoke loudly for the genre."""

    start_s: float
    end_s: float
    points: float


@dataclass(frozen=True)
class Account:
    """What is said on the page; empty where the model or the row does not tell."""

    sure: Confidence | None
    voices_for: list[Voice]
    voices_against: list[Voice]
    moments: list[Moment]
    also: list[str]


def account(classification: Classification, card: Card) -> Account:
    """The account of a finished classification by the model of this card."""
    usual = dict(zip(card.tags, card.data.get("tag_means", ()), strict=False))
    voices = _voices(classification, card, usual)
    return Account(
        sure=confidence_word(list(classification.probabilities.values()), card.data)
        if len(classification.probabilities) > 1
        else None,
        voices_for=[voice for voice in voices if voice.points > LEAST_POINTS][:FOR],
        voices_against=[voice for voice in voices if voice.points < -LEAST_POINTS][:AGAINST],
        moments=_moments(classification, card),
        also=_also(classification, usual),
    )


def _also(classification: Classification, usual: dict[str, float]) -> list[str]:
    """Tags that stand out, less the one that is the answer itself."""
    if not usual:
        return []
    found = also_sounds_like(classification.tags, usual, ALSO + 1)
    said = [tag for tag, _ in found if _plain(tag) != classification.headline]
    return said[:ALSO]


def _plain(tag: str) -> str:
    return tag.lower().replace("-", "")


def _head(classification: Classification, card: Card) -> LinearHead | None:
    # A row of other weights than the card's would be explained wrongly.
    if "head" not in card.data or classification.bundle_sha256 != card.sha256:
        return None
    return LinearHead.from_dict(card.data["head"])


def _voices(classification: Classification, card: Card, usual: dict[str, float]) -> list[Voice]:
    """All tags, the heaviest first."""
    head = _head(classification, card)
    if head is None or len(classification.features) != len(card.tags):
        return []
    told = tag_contributions(
        head,
        np.array(classification.features),
        card.tags,
        genre=card.labels.index(classification.genre),
    )
    most = np.abs(told.parts).max() or 1.0
    return [
        Voice(
            tag=tag,
            heard=classification.tags.get(tag, 0.0),
            usual=usual.get(tag, 0.0),
            points=points,
            share=abs(points) / most,
        )
        for tag, points in told.strongest(len(card.tags))
    ]


def _moments(classification: Classification, card: Card) -> list[Moment]:
    """The segments that gave the most, in order of time."""
    head = _head(classification, card)
    segments = classification.segments
    logits = [segment.get("logits") or [] for segment in segments]
    if head is None or len(segments) < 2 or any(len(row) != len(card.labels) for row in logits):
        return []
    parts = segment_contributions(
        head, np.array(logits), genre=card.labels.index(classification.genre)
    ).parts
    loudest = sorted(np.argsort(-parts, kind="stable")[:MOMENTS])
    return [
        Moment(segments[i]["start_s"], segments[i]["end_s"], float(parts[i]))
        for i in loudest
        if parts[i] > LEAST_POINTS
    ]
