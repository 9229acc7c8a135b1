"""A model's answers on cached features, so that scoring it needs no audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.feature_cache import load_examples
from ml.data.gtzan import every_track, training_tracks
from ml.inference.classifier import Classifier
from ml.registry.card import Card
from ml.registry.writer import EVERY_TRACK


@dataclass(frozen=True)
class Answers:
    """What a model said of tracks whose genre is known.

    names : list of n track names
    y : np.ndarray [shape=(n,), dtype=int64], index into GENRES
    probabilities : np.ndarray [shape=(n, n_genres), dtype=float64]
    outside : np.ndarray [shape=(n,), dtype=float64], outside scores; None where it cannot tell
    """

    names: list[str]
    y: np.ndarray
    probabilities: np.ndarray
    outside: np.ndarray | None


def answers(classifier: Classifier, features: Path, wanted: Sequence[str]) -> Answers:
    """Judge the wanted tracks of a feature cache. Raises DatasetError."""
    if classifier.card.data["architecture"] == "mel-cnn":
        from ml.families.mel_cnn import load_clips

        clips = load_clips(features, wanted)
        return Answers(clips.names, clips.y, classifier.classify_clips(clips.mel_db), None)
    examples = load_examples(features, wanted)
    probabilities = classifier.classify_patches(examples.tags)
    return Answers(
        examples.names, examples.y, probabilities, outside_scores(classifier, examples.tags)
    )


def outside_scores(classifier: Classifier, clips: Sequence[np.ndarray]) -> np.ndarray | None:
    """Of clips, given the tags of their patches; None where the bundle cannot tell."""
    scores = [classifier.outside_score(tags) for tags in clips]
    return None if None in scores else np.array(scores)


def heard_in_training(card: Card) -> frozenset[str]:
    """The tracks of GTZAN that a model may have learned from."""
    everything = card.data.get("trained_on") == EVERY_TRACK
    return frozenset(every_track() if everything else training_tracks())
