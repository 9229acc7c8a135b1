"""The linear genre head as plain arithmetic.

Imports no TensorFlow, so that a page can compute from stored numbers, without the network, what
each tag adds to the logit of each genre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.registry.sections.networks import HeadWeights


@dataclass(frozen=True)
class LinearHead:
    """A linear head: logits = features @ kernel + bias.

    The features of a patch are its tags, or with a `clip_epsilon` the log odds of its tags; those
    of a track are the mean over its patches. Everything after that is linear, so the mean of the
    patches' logits is exactly the track's.

    Attributes
    ----------
    kernel : np.ndarray [shape=(n_tags, n_genres), dtype=float64]
    bias : np.ndarray [shape=(n_genres,), dtype=float64]
    baseline : np.ndarray [shape=(n_tags,), dtype=float64], the mean features of the training tracks
    clip_epsilon : activations are clipped to [epsilon, 1 - epsilon] before the log odds, by one
        number or one a tag, [shape=(n_tags,)]; None takes the tags as they are
    """

    kernel: np.ndarray
    bias: np.ndarray
    baseline: np.ndarray
    clip_epsilon: float | np.ndarray | None

    def features(self, tags: np.ndarray) -> np.ndarray:
        """Compute the features of patches.

        Parameters
        ----------
        tags : np.ndarray [shape=(..., n_tags)], activations in [0, 1]

        Returns
        -------
        np.ndarray of the same shape, dtype=float64
        """
        tags = np.asarray(tags, dtype=np.float64)
        return tags if self.clip_epsilon is None else log_odds(tags, self.clip_epsilon)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(..., n_genres)] of features [shape=(..., n_tags)]."""
        return features @ self.kernel + self.bias

    def to_dict(self, tags: Sequence[str]) -> dict[str, Any]:
        """Return the section of a card, with rows in the order of `tags`."""
        return {
            "features": list(tags),
            "transform": "none" if self.clip_epsilon is None else "logit",
            "floor": np.asarray(self.clip_epsilon).tolist(),
            "kernel": [[_short(v) for v in row] for row in self.kernel],
            "bias": [_short(v) for v in self.bias],
            "baseline": [_short(v) for v in self.baseline],
        }

    @classmethod
    def from_card(cls, weights: HeadWeights) -> LinearHead:
        """Make the head of a card, whose numbers are rounded to seven digits."""
        epsilon = weights.clip_epsilon
        return cls(
            kernel=np.array(weights.kernel, np.float64),
            bias=np.array(weights.bias, np.float64),
            baseline=np.array(weights.baseline, np.float64),
            clip_epsilon=np.array(epsilon) if isinstance(epsilon, tuple) else epsilon,
        )


def log_odds(tags: np.ndarray, clip_epsilon: float | np.ndarray) -> np.ndarray:
    """Compute log(p / (1 - p)) of activations clipped to [epsilon, 1 - epsilon].

    Parameters
    ----------
    tags : np.ndarray of any shape, activations in [0, 1]
    clip_epsilon : a number, or one for each of the last axis

    Returns
    -------
    np.ndarray of the same shape
    """
    clipped = np.clip(tags, clip_epsilon, 1 - clip_epsilon)
    return np.log(clipped) - np.log1p(-clipped)


def _short(value: float) -> float:
    return float(f"{value:.7g}")
