"""The head and the detector of a loaded bundle, for the networks of the families with tags."""

from __future__ import annotations

import numpy as np

from ml.errors import BundleError
from ml.registry.card import ModelCard

from .detectors import load_detector
from .linear_head import LinearHead


class HeadOnTags:
    """What a network does after its tags: see `ml.families.base.Network`.

    Parameters
    ----------
    kernel, bias : the weights as they were trained; None takes those of the card, which are
        rounded to seven digits

    Raises
    ------
    BundleError : the detector is missing or not the one of the card, or the card has no head
    """

    def __init__(
        self, card: ModelCard, kernel: np.ndarray | None = None, bias: np.ndarray | None = None
    ):
        self._head = LinearHead.from_card(card.head) if card.head else None
        if kernel is None or bias is None:
            if self._head is None:
                raise BundleError(f"The card of model {card.model_id!r} does not tell of its head.")
            kernel, bias = self._head.kernel, self._head.bias
        self._detector = load_detector(card)
        self._kernel, self._bias = kernel.astype(np.float64), bias.astype(np.float64)

    def features(self, tags: np.ndarray) -> np.ndarray:
        return tags if self._head is None else self._head.features(tags)

    def head_logits(self, features: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(n, n_labels), dtype=float64] of features [shape=(n, n_tags)]."""
        return features @ self._kernel + self._bias

    def ood_score(self, tags: np.ndarray) -> float | None:
        if self._detector is None:
            return None
        return float(self._detector.score(self._detector.features(tags)[None])[0])

    def is_music(self, tags: np.ndarray) -> bool | None:
        if self._detector is None:
            return None
        found = self._detector.is_music(self._detector.features(tags)[None])
        return None if found is None else bool(found[0])
