"""The arithmetic of How It Works, from the tags of one library track to its genre.

Files made by `manage.py make_walkthroughs` hold what needs the audio and the network: numbers in
JSON, and pictures beside them, served as static files. Everything after the tags is computed here
with the weights of the model's card, each time the page is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import MLError
from ml.explanations.contributions import tag_contributions
from ml.explanations.walkthrough import Walkthrough
from ml.families.base import linear_head_of
from ml.probabilities import softmax, to_probabilities
from ml.registry.card import ModelCard

TAGS, FOR, AGAINST = 10, 5, 3


@dataclass(frozen=True)
class Heard:
    """A tag's activations, in [0, 1]: in each patch, and their mean."""

    tag: str
    patches: list[float]
    mean: float


@dataclass(frozen=True)
class Part:
    """What one tag gave: logit_contribution == weight * (heard - usual), both of these log odds."""

    tag: str
    heard: float
    usual: float
    weight: float
    logit_contribution: float


@dataclass(frozen=True)
class Share:
    """One genre at the last step; `own` and `tempered` are the two softmaxes that are blended."""

    genre: str
    logit: float
    own: float
    tempered: float
    probability: float


@dataclass(frozen=True)
class Sum:
    """The step from tags to genres: base + contributions of the parts + rest == total, in logits.

    starts_s : where each patch begins
    heard : of the strongest of MusiCNN's tags, the strongest first
    heard_by_yamnet : the same of YAMNet's classes, for a model that hears by both
    base : the logit of an average song
    rest : of the `n_rest` tags that are weighed and not among the parts
    patch_logits : of each patch, for the answer; their mean is the total
    """

    genre: str
    starts_s: list[float]
    heard: list[Heard]
    heard_by_yamnet: list[Heard]
    parts: list[Part]
    base: float
    n_rest: int
    rest: float
    total: float
    shares: list[Share]
    patch_logits: list[float]


def add_up(walkthrough: Walkthrough, card: ModelCard) -> Sum:
    """Compute the model's answer from a walkthrough's tags, with all that is added up."""
    head = linear_head_of(card)
    if head is None:
        raise MLError(f"Model {card.model_id!r} has no head that could be followed.")
    tags = walkthrough.tags_of(card)
    n_musicnn = len(card.musicnn_tags)
    features = head.features(tags)
    contributions = tag_contributions(head, features.mean(axis=0), card.tags)
    order = np.argsort(-contributions.parts, kind="stable")
    shown = [*order[:FOR], *order[-AGAINST:]]
    return Sum(
        genre=card.labels[contributions.genre],
        starts_s=[i * walkthrough.patch_s for i in range(len(tags))],
        heard=_strongest(tags[:, :n_musicnn], card.tags[:n_musicnn]),
        heard_by_yamnet=_strongest(tags[:, n_musicnn:], card.tags[n_musicnn:]),
        parts=[
            Part(
                tag=card.tags[i],
                heard=float(features[:, i].mean()),
                usual=float(head.baseline[i]),
                weight=float(head.kernel[i, contributions.genre]),
                logit_contribution=float(contributions.parts[i]),
            )
            for i in shown
        ],
        base=contributions.base,
        n_rest=len(set(card.weighed_tags) - {card.tags[i] for i in shown}),
        rest=float(np.delete(contributions.parts, shown).sum()),
        total=contributions.total,
        shares=_shares(head.logits(features.mean(axis=0)), card),
        patch_logits=head.logits(features)[:, contributions.genre].tolist(),
    )


def _strongest(tags: np.ndarray, names: Sequence[str]) -> list[Heard]:
    """Return the tags with the largest means."""
    order = np.argsort(-tags.mean(axis=0), kind="stable")[:TAGS]
    return [Heard(names[i], tags[:, i].tolist(), float(tags[:, i].mean())) for i in order]


def _shares(logits: np.ndarray, card: ModelCard) -> list[Share]:
    """Return every genre, the most probable first."""
    calibration = card.calibration
    temperature = calibration.temperature if calibration else 1.0
    columns = (
        softmax(logits),
        softmax(logits / temperature),
        to_probabilities(logits, calibration),
    )
    rows = [
        Share(label, *(float(value) for value in values))
        for label, *values in zip(card.labels, logits, *columns, strict=True)
    ]
    return sorted(rows, key=lambda share: -share.probability)
