"""A trained head with all that a bundle holds beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.probabilities import Calibration, to_probabilities
from ml.registry.card import file_sha256

from .class_detector import ClassDetector
from .linear_head import LinearHead
from .ood_detector import OodDetector

OOD_FILE = "outside.npz"


@dataclass(frozen=True)
class Trained:
    """A trained head with its calibration, its detector and the report of its training.

    Attributes
    ----------
    head : the head
    calibration : for `ml.probabilities.to_probabilities`
    confidence_levels : for `ml.metrics.confidence.confidence_of`
    tag_means : np.ndarray [shape=(n_tags,)], mean activation of each tag over the training tracks
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

    def write(self, folder: Path, tags: Sequence[str]) -> dict[str, Any]:
        """Write the detector into a bundle's folder; return the card's sections about the head.

        Parameters
        ----------
        tags : their names, in the order of the head's rows
        """
        with replacing(folder / OOD_FILE) as draft:
            self.ood_detector.save(draft)
        return {
            "tags": list(tags),
            "tag_means": [round(float(mean), 6) for mean in self.tag_means],
            "raise_to_db": self.raise_to_db,
            "head": self.head.to_dict(tags),
            "calibration": self.calibration.model_dump(),
            "confidence_words": self.confidence_levels,
            "outside": {
                **self.ood_report,
                "file": OOD_FILE,
                "sha256": file_sha256(folder / OOD_FILE),
            },
            "training": self.report,
        }
