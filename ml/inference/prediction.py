"""Predictions: what a classifier returns of a recording."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Segment:
    """One patch of the recording.

    Attributes
    ----------
    start_s, end_s : seconds from the beginning of the recording
    probabilities : np.ndarray [shape=(n_labels,), dtype=float64], sums to 1
    logits : np.ndarray [shape=(n_labels,), dtype=float64], before calibration; their mean over the
        segments is exactly the track's
    """

    start_s: float
    end_s: float
    probabilities: np.ndarray
    logits: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Prediction:
    """The answer of a model to a recording.

    Attributes
    ----------
    model_id, sha256 : of the model and of its network's file
    labels : the genres, in the order of every probability array
    probabilities : np.ndarray [shape=(n_labels,), dtype=float64], the track's, sums to 1
    segments : in order of time
    tags : np.ndarray [shape=(n_tags,), dtype=float64], mean tag activations, each in [0, 1]; of a
        mel-cnn, which has no tags, empty
    seconds : from the request of the first window to the answer
    features : np.ndarray [shape=(n_tags,), dtype=float64], what the head multiplies: the mean
        over the patches of each tag's log odds; with the card's `head` it gives the logits
    logits : np.ndarray [shape=(n_labels,), dtype=float64], the track's, before calibration
    outside_score : how unlike the training music it is, against the card's threshold; None where
        the bundle cannot tell
    is_outside : it is probably none of the genres, or it is silent
    is_music : whether it is music, where it is outside; None where that is not known
    """

    model_id: str
    sha256: str
    labels: tuple[str, ...]
    probabilities: np.ndarray
    segments: tuple[Segment, ...]
    tags: np.ndarray
    seconds: float
    features: np.ndarray = field(default_factory=lambda: np.zeros(0))
    logits: np.ndarray = field(default_factory=lambda: np.zeros(0))
    outside_score: float | None = None
    is_outside: bool = False
    is_music: bool | None = None

    @property
    def genre(self) -> str:
        """The most probable genre."""
        return self.labels[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability of that genre, in [0, 1]."""
        return float(self.probabilities.max())

    def top(self, n: int) -> list[tuple[str, float]]:
        """Return the n most probable genres with their probabilities, in descending order."""
        order = np.argsort(-self.probabilities, kind="stable")[:n]
        return [(self.labels[i], float(self.probabilities[i])) for i in order]
