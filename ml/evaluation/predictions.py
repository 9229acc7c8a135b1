"""Predictions on cached features, so that evaluating a model needs no audio."""

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
    """A model's answers to tracks whose genre is known.

    Attributes
    ----------
    names : list of n track names
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    probabilities : np.ndarray [shape=(n, n_genres), dtype=float64]
    ood_scores : np.ndarray [shape=(n,), dtype=float64]; None where the bundle cannot tell
    n_imputed : tracks that lack the features of one of two networks, which were predicted
    """

    names: list[str]
    y: np.ndarray
    probabilities: np.ndarray
    ood_scores: np.ndarray | None
    n_imputed: int = 0

    @property
    def right(self) -> np.ndarray:
        """Whether each answer is right, [shape=(n,), dtype=bool]."""
        return self.probabilities.argmax(axis=1) == self.y


def predict_cached(classifier: Classifier, features: Path, wanted: Sequence[str]) -> Predictions:
    """Predict the wanted tracks of a feature cache of GTZAN.

    Raises
    ------
    DatasetError : the cache has none of them, or the model has other genres
    """
    card = classifier.card
    if card.labels != GENRES:
        raise DatasetError(f"{card.model_id} does not tell the genres of GTZAN.")
    cached = classifier.predict_cached(features, wanted)
    probabilities = to_probabilities(cached.logits, card.calibration)
    return Predictions(cached.names, cached.y, probabilities, cached.ood_scores, cached.n_imputed)


def ood_scores(classifier: Classifier, clips: Sequence[np.ndarray]) -> np.ndarray | None:
    """Score clips by the out-of-distribution detector.

    Parameters
    ----------
    clips : the tags of their patches, [shape=(n_patches, n_tags)] each

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]; None where the bundle has no detector
    """
    scores = [classifier.ood_score(tags) for tags in clips]
    return None if None in scores else np.array(scores)


def heard_in_training(card: ModelCard) -> frozenset[str]:
    """Return the tracks of GTZAN that may have been in a model's training."""
    return frozenset(every_track() if card.heard_the_test else training_tracks())
