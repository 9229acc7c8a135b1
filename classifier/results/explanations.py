"""The explanation of an answer and how sure it is, computed from the stored row.

No network is loaded. The model's card holds the head's weights and the row holds what they were
multiplied with, so the explanation is exact (see ml.explanations.contributions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.models import Classification
from ml.explanations.contributions import segment_contributions, tag_contributions
from ml.explanations.refusals import sounds_like
from ml.explanations.tags import also_sounds_like
from ml.families.base import linear_head_of
from ml.heads.linear_head import LinearHead
from ml.metrics.confidence import Confidence, confidence_of
from ml.registry.card import ModelCard
from ml.registry.sections.certainty import SoundsLike
from ml.registry.sections.scores import PartScores

FOR, AGAINST, SEGMENTS, ALSO = 5, 3, 3, 5
# In logits. Contributions below this change no percentage that is shown.
LEAST_CONTRIBUTION = 0.005


@dataclass(frozen=True)
class TagContribution:
    """What a tag added to the logit of the genre, or took from it.

    heard, usual : its level in this song and in an average one, in [0, 1]; averages of what the
        head multiplies, so that the sign of their difference is the one that counted
    logit_contribution : below 0 where it spoke against the genre
    share : of the largest contribution of a tag, in [0, 1]
    """

    tag: str
    heard: float
    usual: float
    logit_contribution: float
    share: float

    @property
    def is_less(self) -> bool:
        """Tell whether it counted by being heard less than usual."""
        return self.heard < self.usual


@dataclass(frozen=True)
class SegmentContribution:
    """What a segment added to the logit of the answer, and which genre it would be by itself."""

    start_s: float
    end_s: float
    logit_contribution: float
    genre: str

    @property
    def is_against(self) -> bool:
        return self.logit_contribution < 0


@dataclass(frozen=True)
class TestEvaluation:
    """How often such answers were right on some tracks, in counts.

    n : how many tracks there were
    reference_model : the model that was evaluated in place of one that has heard the test tracks;
        "" where this model itself was
    said, right : how often the genre was the answer, and how often that was right
    is_weak : the genre was right clearly less often than answers as sure as this one, in the wild
        than answers in general
    refused : how many of the n tracks were taken for none of the genres; None if it never refuses
    """

    n: int
    reference_model: str
    said: int
    right: int
    is_weak: bool
    refused: int | None


@dataclass(frozen=True)
class Explanation:
    """What is said on the page; empty where the model or the row does not tell.

    evaluation, in_the_wild : on the test tracks, and on real music of many places
    strongest_segments : those that contributed most to the genre, in order of time
    weakest_segment : the one that contributed least to it, or took most from it
    sounds_like : words for what is none of the genres
    """

    sure: Confidence | None
    evaluation: TestEvaluation | None
    in_the_wild: TestEvaluation | None
    tags_for: list[TagContribution]
    tags_against: list[TagContribution]
    strongest_segments: list[SegmentContribution]
    weakest_segment: SegmentContribution | None
    also: list[str]
    sounds_like: SoundsLike | None

    @property
    def by_absence(self) -> bool:
        return any(tag.is_less for tag in self.tags_for + self.tags_against)


def explain(classification: Classification, card: ModelCard) -> Explanation:
    """Explain a finished classification by the card of the model that gave it."""
    tags = _tag_contributions(classification, card)
    strongest, weakest = _segment_contributions(classification, card)
    sure = how_sure(classification, card)
    return Explanation(
        sure=sure,
        evaluation=_evaluation(classification.genre, card.test, card, sure.right if sure else 0.0),
        in_the_wild=_in_the_wild(classification.genre, card),
        tags_for=[tag for tag in tags if tag.logit_contribution > LEAST_CONTRIBUTION][:FOR],
        tags_against=[tag for tag in tags if tag.logit_contribution < -LEAST_CONTRIBUTION][
            :AGAINST
        ],
        strongest_segments=strongest,
        weakest_segment=weakest,
        also=_also(classification, card),
        sounds_like=refused_as(classification, card),
    )


def how_sure(classification: Classification, card: ModelCard) -> Confidence | None:
    """Return the verbal confidence level of an answer, with what was counted for it."""
    if len(classification.probabilities) < 2:
        return None
    probabilities = list(classification.probabilities.values())
    return confidence_of(probabilities, card.confidence_levels, rounds=card.rounds)


def refused_as(classification: Classification, card: ModelCard | None) -> SoundsLike | None:
    """Return words for what is none of the genres: "techno", "speech"."""
    if card is None or not classification.is_outside:
        return None
    if classification.bundle_sha256 != card.sha256:
        return None
    return sounds_like(classification.features, classification.is_music, card)


def _in_the_wild(genre: str, card: ModelCard) -> TestEvaluation | None:
    scores = card.in_the_wild
    return _evaluation(genre, scores, card, scores.accuracy) if scores else None


def _evaluation(
    genre: str, scores: PartScores | None, card: ModelCard, usual: float
) -> TestEvaluation | None:
    """Return the counts of a genre; `usual` is how often answers are right that it is held to."""
    if scores is None:
        return None
    row = scores.per_genre.get(genre)
    bounds = row.precision_ci95 if row else None
    return TestEvaluation(
        n=scores.n,
        reference_model=card.reference_model,
        said=row.named if row else 0,
        right=round(row.precision * row.named) if row else 0,
        is_weak=bool(bounds and bounds[1] < usual),
        refused=scores.ood.refused if scores.ood else None,
    )


def _also(classification: Classification, card: ModelCard) -> list[str]:
    """Return tags that stand out, without the one that is the answer itself."""
    usual = dict(zip(card.tags, card.tag_means, strict=False))
    if not usual or classification.is_music is False:
        return []
    found = also_sounds_like(classification.tags, usual, len(usual))
    said = {classification.headline: ""}  # of two tags for the same thing, the first
    for tag, _ in found:
        said.setdefault(_plain(tag), tag)
    return list(said.values())[1 : 1 + ALSO]


def _plain(tag: str) -> str:
    """Return a tag without what may differ between two for the same thing: "hiphop"."""
    return tag.lower().removesuffix(" music").replace("-", "").replace(" ", "")


def _head(classification: Classification, card: ModelCard) -> LinearHead | None:
    # With other weights than those that gave the answer, the explanation would be wrong.
    return linear_head_of(card) if classification.bundle_sha256 == card.sha256 else None


def _tag_contributions(classification: Classification, card: ModelCard) -> list[TagContribution]:
    """Return all tags, the largest contribution first."""
    head = _head(classification, card)
    if head is None or len(classification.features) != len(card.tags):
        return []
    features = np.array(classification.features)
    contributions = tag_contributions(
        head, features, card.tags, genre=card.labels.index(classification.genre)
    )
    most = np.abs(contributions.parts).max() or 1.0
    heard = dict(zip(card.tags, _levels(features, head), strict=True))
    usual = dict(zip(card.tags, _levels(head.baseline, head), strict=True))
    return [
        TagContribution(tag, heard[tag], usual[tag], logits, share=abs(logits) / most)
        for tag, logits in contributions.strongest(len(card.tags))
    ]


def _levels(features: np.ndarray, head: LinearHead) -> list[float]:
    """Return features as levels of their tags: log odds become the probability that has them."""
    return (features if head.clip_epsilon is None else 1 / (1 + np.exp(-features))).tolist()


def _segment_contributions(
    classification: Classification, card: ModelCard
) -> tuple[list[SegmentContribution], SegmentContribution | None]:
    """Return the segments that gave the most, in order of time, and the one that gave the least."""
    head = _head(classification, card)
    segments = classification.segments
    logits = [segment.get("logits") or [] for segment in segments]
    if head is None or len(segments) < 2 or any(len(row) != len(card.labels) for row in logits):
        return [], None
    parts = segment_contributions(
        head, np.array(logits), genre=card.labels.index(classification.genre)
    ).parts
    contributions = [
        SegmentContribution(
            segment["start_s"], segment["end_s"], float(part), card.labels[int(np.argmax(row))]
        )
        for segment, part, row in zip(segments, parts, logits, strict=True)
    ]
    order = np.argsort(-parts, kind="stable")
    strongest = [
        contributions[i] for i in sorted(order[:SEGMENTS]) if parts[i] > LEAST_CONTRIBUTION
    ]
    weakest = contributions[order[-1]]
    return strongest, None if weakest in strongest else weakest
