"""Candidates: models of this site that learned on, and how each stands at the gates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings

from classifier import serving
from ml.errors import BundleError
from ml.heads.class_detector import ClassDetector
from ml.heads.detectors import load_detector
from ml.heads.linear_head import LinearHead
from ml.learning import gates
from ml.learning.alone import learn_alone, refit_alone
from ml.learning.base import Base, load_base
from ml.learning.bundle import write_bundle
from ml.learning.gates import Compared, Gate
from ml.learning.learned import adjusted, learn
from ml.learning.refit import Answers, Fitted, Settings, refit, shipped
from ml.learning.taught import NONE, Taught
from ml.learning.trial import out_of_fold
from ml.registry.card import ModelCard
from ml.registry.sections.training import Learned

from .known import known
from .replay import Replay, replay

Report = Callable[[str], None]


def base_card() -> ModelCard:
    """The shipped model that the one that serves is, or that it learned on from.

    Raises BundleError where it is not at hand.
    """
    card = serving.card()
    return serving.registry().card(card.learned.base) if card.learned else card


def learned_cards() -> list[ModelCard]:
    """The models of this site that learned on, the newest first."""
    cards = [card for card in serving.cards() if card.learned]
    return sorted(cards, key=lambda card: (card.created, _number(card.model_id)), reverse=True)


def next_id(base: ModelCard) -> str:
    """A free name: that of the base, and a number."""
    taken = serving.registry().ids()
    numbers = [_number(name) for name in taken if name.startswith(f"{base.model_id}-site-")]
    return f"{base.model_id}-site-{max(numbers, default=0) + 1}"


def learn_candidate(name: str = "", report: Report = lambda text: None) -> ModelCard:
    """Learn from all verdicts at hand, and write a bundle; it serves nobody yet.

    Raises
    ------
    MLError : the model that serves cannot learn on, too little was said, or there is a bundle of
        that name
    """
    base = load_base(base_card())
    report("reading what people said")
    found = known(base)
    learned = learn(base, found.taught, found.genres, report)
    report("writing the model")
    return write_bundle(
        base, learned, found.provenance, settings.MODELS_DIR, name or next_id(base.card)
    )


def learn_genres_alone(
    labels: tuple[str, ...], name: str = "", report: Report = lambda text: None
) -> ModelCard:
    """Learn a model that knows these genres alone, from recordings of folders; write a bundle.

    Raises
    ------
    MLError : as `learn_candidate`
    """
    base = load_base(base_card())
    found = known(base, labels)
    learned = learn_alone(base, found.taught, labels, report)
    report("writing the model")
    return write_bundle(
        base, learned, found.provenance, settings.MODELS_DIR, name or next_id(base.card)
    )


def judge(candidate: ModelCard, report: Report = lambda text: None) -> tuple[list[Gate], Replay]:
    """Put a candidate before all gates, against the model that serves.

    Raises BundleError where it did not learn on, or what it learned on from is not at hand.
    """
    if candidate.learned is None:
        raise BundleError(f"{candidate.model_id} did not learn on from another model.")
    base = load_base(serving.registry().card(candidate.learned.base))
    current = compared_with(candidate)
    alone = candidate.labels if candidate.learned.alone else ()
    taught = known(base, alone).taught
    report("comparing with the model that serves")
    head = head_of(candidate, base)
    found = replay(head, current.model_id, _threshold(current), report)
    after = answers_out_of_fold(candidate, base, taught, alone=bool(alone))
    if alone:
        return gates.judge_alone(base, taught, head, after), found
    compared = Compared(
        base,
        taught,
        serving=head_of(current, base),
        candidate=head,
        before=answers_out_of_fold(current, base, taught),
        after=after,
    )
    judged = gates.judge(
        compared,
        changed=found.unjudged_changed,
        stored=found.unjudged,
        demos=(found.demos_changed, found.demos),
        most_drift=settings.LEARN_MOST_CHANGED / 100,
    )
    return judged, found


def compared_with(candidate: ModelCard) -> ModelCard:
    """The model that a candidate is compared with: the one that serves.

    Where that hears by other networks its answers have other numbers, and what the candidate
    learned on from stands for it.
    """
    current = serving.card()
    if candidate.learned is None or current.feature_space == candidate.feature_space:
        return current
    return serving.registry().card(candidate.learned.base)


def head_of(card: ModelCard, base: Base) -> Fitted:
    """The head of a bundle with its detector: that of the base, or of one that learned on."""
    if card.model_id == base.card.model_id:
        return shipped(base)
    detector = load_detector(card)
    if card.head is None or not isinstance(detector, ClassDetector):
        raise BundleError(f"{card.model_id} cannot be compared.")
    head = LinearHead.from_card(card.head)
    return Fitted(head.kernel, head.bias, detector, _threshold(card), card.calibration, card.labels)


def answers_out_of_fold(
    card: ModelCard, base: Base, taught: Taught, *, alone: bool = False
) -> Answers:
    """Answers of a model to what people judged, each by a head that heard none of the artist.

    The shipped model heard none of it. Of one that learned on, heads are fitted as it was, of what
    had been said when it learned. A model of its own genres alone learned from folders alone: to
    anything else it answers as it is.

    alone : whether `taught` is that
    """
    if card.learned is None or not len(taught) or (card.learned.alone and not alone):
        return head_of(card, base).answer(taught.x)
    return out_of_fold(taught, partial(_refit_as, base, card.learned))


def _refit_as(base: Base, learned: Learned, taught: Taught) -> Fitted:
    until = datetime.fromisoformat(learned.last).timestamp()
    known_then = taught.take(np.flatnonzero(taught.at <= until))
    if learned.alone:
        labels = tuple(learned.genres)
        return refit_alone(
            base, known_then, labels=labels, scale=learned.scale, shift=learned.threshold_shift
        )
    settings = Settings(
        **learned.trust, genres=tuple(learned.genres), offsets=tuple(learned.genres.values())
    )
    # What was said of genres that it did not know was not learned.
    known_genres = (*base.card.labels, *learned.genres, NONE)
    fitted = refit(base, known_then.take(np.isin(known_then.said, known_genres)), settings)
    return adjusted(fitted, learned.scale, learned.threshold_shift)


def verdicts_digest(card: ModelCard) -> str:
    """The digest of all that can be learned from now, of a model that learned on."""
    if card.learned is None:
        return ""
    base = load_base(serving.registry().card(card.learned.base))
    alone = card.labels if card.learned.alone else ()
    return str(known(base, alone).provenance["digest"])


def from_json(judged: list[dict[str, Any]]) -> list[Gate]:
    return [Gate(**gate) for gate in judged]


def as_json(judged: list[Gate]) -> list[dict[str, Any]]:
    return [vars(gate) for gate in judged]


def _threshold(card: ModelCard) -> float:
    return card.ood.threshold if card.ood else float("inf")


def _number(model_id: str) -> int:
    found = re.search(r"-site-(\d+)$", model_id)
    return int(found[1]) if found else 0
