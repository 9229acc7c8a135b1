"""A model's predictions on cached features, so that scoring it needs no audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.gtzan import GENRES, every_track, training_tracks
from ml.errors import DatasetError
from ml.inference.classifier import Classifier
from ml.probabilities import to_probabilities
from ml.registry.card import ModelCard


@dataclass(frozen=True)
class Predictions:
    """What a model said of tracks whose genre is known.

    names : list of n track names
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    probabilities : np.ndarray [shape=(n, n_genres), dtype=float64]
    ood_scores : np.ndarray [shape=(n,), dtype=float64]; None where the bundle cannot tell
    """

    names: list[str]
    y: np.ndarray
    probabilities: np.ndarray
    ood_scores: np.ndarray | None

    @property
    def right(self) -> np.ndarray:
        """Which are right, [shape=(n,), dtype=bool]."""
        return self.probabilities.argmax(axis=1) == self.y


def predict_cached(classifier: Classifier, features: Path, wanted: Sequence[str]) -> Predictions:
    """Judge the wanted tracks of a feature cache of GTZAN. Raises DatasetError."""
    card = classifier.card
    if card.labels != GENRES:
        raise DatasetError(f"{card.model_id} does not tell the genres of GTZAN.")
    heard = classifier.predict_cached(features, wanted)
    probabilities = to_probabilities(heard.logits, card.calibration)
    return Predictions(heard.names, heard.y, probabilities, heard.ood_scores)


def ood_scores(classifier: Classifier, clips: Sequence[np.ndarray]) -> np.ndarray | None:
    """Of clips, given the tags of their patches; None where the bundle cannot tell."""
    scores = [classifier.ood_score(tags) for tags in clips]
    return None if None in scores else np.array(scores)


def heard_in_training(card: ModelCard) -> frozenset[str]:
    """The tracks of GTZAN that a model may have learned from."""
    return frozenset(every_track() if card.heard_the_test else training_tracks())
