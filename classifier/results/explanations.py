"""Why an answer is what it is, and how sure: computed for the page from the stored row.

Light: no network is loaded. The model's card holds the head's weights; the row holds what they
were multiplied with, so the account is exact (see ml.explanations.contributions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.models import Classification
from ml.explanations.contributions import segment_contributions, tag_contributions
from ml.explanations.tags import also_sounds_like
from ml.families.base import linear_head_of
from ml.families.linear_head import LinearHead
from ml.metrics.confidence import Confidence, confidence_of
from ml.registry.card import ModelCard

FOR, AGAINST, MOMENTS, ALSO = 5, 3, 3, 5
# Points below this change no percentage that is shown.
LEAST_POINTS = 0.005


@dataclass(frozen=True)
class Voice:
    """A tag that spoke for the genre or against it.

    heard, usual : its level in this song and in an average one, in [0, 1]; averages of what the
        head multiplies, so that the sign of their difference is the one that counted
    points : in logits, against is below 0
    share : of the heaviest voice's points, in [0, 1]
    """

    tag: str
    heard: float
    usual: float
    points: float
    share: float

    @property
    def is_less(self) -> bool:
        """It counted by being heard less than usual."""
        return self.heard < self.usual


@dataclass(frozen=True)
class Moment:
    """A segment, what it gave to the answer, and which genre it would be by itself."""

    start_s: float
    end_s: float
    points: float
    genre: str

    @property
    def is_against(self) -> bool:
        return self.points < 0


@dataclass(frozen=True)
class Exam:
    """How such answers fared on the test tracks, in counts.

    sibling : the model that was examined in place of one that has heard the test; "" where none was
    said, right : how often the genre was the answer, and how often that was right
    is_weak : the genre was right clearly less often than answers as sure as this one
    refused : how many of the n tracks were taken for none of the genres; None if it never refuses
    """

    n: int
    sibling: str
    said: int
    right: int
    is_weak: bool
    refused: int | None


@dataclass(frozen=True)
class Account:
    """What is said on the page; empty where the model or the row does not tell.

    moments : those that spoke loudest for the genre, in order of time
    least : the one that spoke least for it, or most against it
    """

    sure: Confidence | None
    exam: Exam | None
    voices_for: list[Voice]
    voices_against: list[Voice]
    moments: list[Moment]
    least: Moment | None
    also: list[str]

    @property
    def by_absence(self) -> bool:
        return any(voice.is_less for voice in self.voices_for + self.voices_against)


def account(classification: Classification, card: ModelCard) -> Account:
    """The account of a finished classification by the model of this card."""
    voices = _voices(classification, card)
    moments, least = _moments(classification, card)
    sure = (
        confidence_of(
            list(classification.probabilities.values()),
            card.confidence_levels,
            rounds=card.rounds,
        )
        if len(classification.probabilities) > 1
        else None
    )
    return Account(
        sure=sure,
        exam=_exam(classification.genre, card, sure),
        voices_for=[voice for voice in voices if voice.points > LEAST_POINTS][:FOR],
        voices_against=[voice for voice in voices if voice.points < -LEAST_POINTS][:AGAINST],
        moments=moments,
        least=least,
        also=_also(classification, card),
    )


def _exam(genre: str, card: ModelCard, sure: Confidence | None) -> Exam | None:
    test = card.test
    if test is None:
        return None
    row = test.per_genre.get(genre)
    bounds = row.precision_ci95 if row else None
    return Exam(
        n=test.n,
        sibling=card.reference_model,
        said=row.named if row else 0,
        right=round(row.precision * row.named) if row else 0,
        is_weak=bool(sure and bounds and bounds[1] < sure.right),
        refused=test.ood.refused if test.ood else None,
    )


def _also(classification: Classification, card: ModelCard) -> list[str]:
    """Tags that stand out, less the one that is the answer itself."""
    usual = dict(zip(card.tags, card.tag_means, strict=False))
    if not usual:
        return []
    found = also_sounds_like(classification.tags, usual, ALSO + 1)
    said = [tag for tag, _ in found if _plain(tag) != classification.headline]
    return said[:ALSO]


def _plain(tag: str) -> str:
    return tag.lower().replace("-", "")


def _head(classification: Classification, card: ModelCard) -> LinearHead | None:
    # A row of other weights than the card's would be explained wrongly.
    return linear_head_of(card) if classification.bundle_sha256 == card.sha256 else None


def _voices(classification: Classification, card: ModelCard) -> list[Voice]:
    """All tags, the heaviest first."""
    head = _head(classification, card)
    if head is None or len(classification.features) != len(card.tags):
        return []
    features = np.array(classification.features)
    told = tag_contributions(
        head, features, card.tags, genre=card.labels.index(classification.genre)
    )
    most = np.abs(told.parts).max() or 1.0
    heard = dict(zip(card.tags, _levels(features, head), strict=True))
    usual = dict(zip(card.tags, _levels(head.baseline, head), strict=True))
    return [
        Voice(tag, heard[tag], usual[tag], points, share=abs(points) / most)
        for tag, points in told.strongest(len(card.tags))
    ]


def _levels(features: np.ndarray, head: LinearHead) -> list[float]:
    """Features as levels of their tags: log odds become the probability that has them."""
    return (features if head.clip_epsilon is None else 1 / (1 + np.exp(-features))).tolist()


def _moments(classification: Classification, card: ModelCard) -> tuple[list[Moment], Moment | None]:
    """The segments that gave the most, in order of time, and the one that gave the least."""
    head = _head(classification, card)
    segments = classification.segments
    logits = [segment.get("logits") or [] for segment in segments]
    if head is None or len(segments) < 2 or any(len(row) != len(card.labels) for row in logits):
        return [], None
    parts = segment_contributions(
        head, np.array(logits), genre=card.labels.index(classification.genre)
    ).parts
    told = [
        Moment(segment["start_s"], segment["end_s"], float(part), card.labels[int(np.argmax(row))])
        for segment, part, row in zip(segments, parts, logits, strict=True)
    ]
    order = np.argsort(-parts, kind="stable")
    loudest = [told[i] for i in sorted(order[:MOMENTS]) if parts[i] > LEAST_POINTS]
    least = told[order[-1]]
    return loudest, None if least in loudest else least
