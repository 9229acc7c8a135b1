"""The answer of a model to numbers that its head multiplies, without a recording or a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from django.utils import timezone

from classifier.models import Classification
from ml.families.base import linear_head_of
from ml.heads.class_detector import ClassDetector
from ml.heads.detectors import load_detector
from ml.heads.ood_detector import OodDetector
from ml.probabilities import to_probabilities
from ml.registry.card import ModelCard

Detector: TypeAlias = OodDetector | ClassDetector

MOST_KEPT = 4  # detectors, of some 100 KB


class NoNumbers(Exception):
    """The model does not answer by numbers alone, or these are not its numbers; says why."""


def answer_to(features: Sequence[float], card: ModelCard) -> Classification:
    """Return an answer that is stored nowhere.

    Parameters
    ----------
    features : one for each of the card's tags, in their order; as answers are stored with

    Raises
    ------
    NoNumbers : the model has no linear head, or has another number of tags
    BundleError : the bundle is damaged
    """
    head = linear_head_of(card)
    if head is None or not card.tags:
        raise NoNumbers(f"{card.model_id} does not answer by numbers: it has no linear head.")
    if len(features) != len(card.tags):
        raise NoNumbers(
            f"{card.model_id} answers by {len(card.tags)} numbers, one for each of its tags: "
            f"these are {len(features)}."
        )
    x = np.array(features, np.float64)
    probabilities = to_probabilities(head.logits(x), card.calibration)
    best = int(probabilities.argmax())
    score, is_music = _judged(x, card)
    is_outside = bool(score is not None and card.ood and score > card.ood.threshold)
    return Classification(
        public_id="",
        model_id=card.model_id,
        bundle_sha256=card.sha256,
        state=Classification.State.DONE,
        genre=card.labels[best],
        confidence=float(probabilities[best]),
        probabilities={
            label: round(float(p), 6) for label, p in zip(card.labels, probabilities, strict=True)
        },
        features=[float(value) for value in x],
        outside_score=score,
        is_outside=is_outside,
        is_music=is_music if is_outside else None,
        finished_at=timezone.now(),
    )


def _judged(x: np.ndarray, card: ModelCard) -> tuple[float | None, bool | None]:
    """Return how unlike the genres it is, and whether it is music; None where that is not known."""
    detector = _detector(card)
    head = linear_head_of(card)
    # Some detectors clip tags otherwise than the head, so these are not the numbers they judge.
    if detector is None or head is None or head.clip_epsilon is None:
        return None, None
    if not np.array_equal(np.float32(detector.clip_epsilon), np.float32(head.clip_epsilon)):
        return None, None
    found = detector.is_music(x[None])
    return float(detector.score(x[None])[0]), None if found is None else bool(found[0])


_kept: dict[tuple[Path, str], Detector | None] = {}


def _detector(card: ModelCard) -> Detector | None:
    if card.ood is None:
        return None
    key = card.folder, card.ood.sha256
    detector = _kept.get(key)
    if detector is not None:
        return detector
    detector = load_detector(card)
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = detector
    return detector
