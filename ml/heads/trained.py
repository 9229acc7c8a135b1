"""A trained head with all that a bundle holds beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.probabilities import Calibration, to_probabilities

from .class_detector import ClassDetector
from .linear_head import LinearHead
from .ood_detector import OodDetector


@dataclass(frozen=True)
class Trained:
    """A trained head with its calibration, its detector and the report of its training.

    Attributes
    ----------
    head : the head
    calibration : for `ml.probabilities.to_probabilities`
    confidence_levels : for `ml.metrics.confidence.confidence_of`
    tag_means : np.ndarray [shape=(50,)], mean activation of each tag over the training tracks
    raise_to_db : the recipe's
    ood_detector, ood_report : see `.ood_fitting` and `.wild.detector`
    report : how the head was chosen, plain values ready for JSON
    """

    head: LinearHead
    calibration: Calibration
    confidence_levels: list[dict[str, Any]]
    tag_means: np.ndarray
    raise_to_db: float
    ood_detector: OodDetector | ClassDetector
    ood_report: dict[str, Any]
    report: dict[str, Any]

    def probabilities(self, tags: Sequence[np.ndarray]) -> np.ndarray:
        """Compute probabilities [shape=(n, n_genres)] of tracks by the tags of their patches."""
        features = np.stack([self.head.features(patches).mean(axis=0) for patches in tags])
        return to_probabilities(self.head.logits(features), self.calibration)
