"""The genre head of a MusiCNN bundle as plain arithmetic, and how logits become probabilities.

Light: NumPy alone. A page can compute from stored numbers, without the network, what each tag
added to each genre's points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LinearHead:
    """logits = features @ kernel + bias.

    The features of a patch are its tags, or with a `floor` the log odds of its tags; those of a
    track are the mean over its patches. Everything after that is linear, so the mean of the
    patches' logits is exactly the track's.

    kernel : np.ndarray [shape=(n_tags, n_genres), dtype=float64]
    bias : np.ndarray [shape=(n_genres,), dtype=float64]
    baseline : np.ndarray [shape=(n_tags,), dtype=float64], the mean features of the training tracks
    floor : activations are clipped to [floor, 1 - floor] before the log odds; None takes the tags
    """

    kernel: np.ndarray
    bias: np.ndarray
    baseline: np.ndarray
    floor: float | None

    def features(self, tags: np.ndarray) -> np.ndarray:
        """Of each patch. [shape=(..., n_tags)] -> the same shape, dtype=float64."""
        tags = np.asarray(tags, dtype=np.float64)
        return tags if self.floor is None else log_odds(tags, self.floor)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """[shape=(..., n_tags)] -> [shape=(..., n_genres)]."""
        return features @ self.kernel + self.bias

    def to_dict(self, tags: Sequence[str]) -> dict:
        """What the card holds: plain lists, in the order of `tags`."""
        return {
            "features": list(tags),
            "transform": "none" if self.floor is None else "logit",
            "floor": self.floor,
            "kernel": [[_short(v) for v in row] for row in self.kernel],
            "bias": [_short(v) for v in self.bias],
            "baseline": [_short(v) for v in self.baseline],
        }

    @classmethod
    def from_dict(cls, data: Mapping) -> LinearHead:
        """What `to_dict` made. The kernel there is rounded as the card's is."""
        arrays = {key: np.array(data[key], np.float64) for key in ("kernel", "bias", "baseline")}
        return cls(**arrays, floor=data["floor"])


def log_odds(tags: np.ndarray, floor: float) -> np.ndarray:
    """log(p / (1 - p)) of activations clipped to [floor, 1 - floor]; the shape stays."""
    clipped = np.clip(tags, floor, 1 - floor)
    return np.log(clipped) - np.log1p(-clipped)


def _short(value: float) -> float:
    return float(f"{value:.7g}")
