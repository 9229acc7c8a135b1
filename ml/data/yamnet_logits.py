"""YAMNet's logits as features: they are tags, as probabilities, and log odds again in the head."""

from __future__ import annotations

import numpy as np

YAMNET_CLASSES = 521
# A score is clipped to [EPSILON, 1 - EPSILON] before its log odds are taken; so near to 0 that few
# are, and what the head multiplies stays the mean of the logits that the network gave.
EPSILON = 1e-8
_LIMIT = float(np.log(1 - EPSILON) - np.log(EPSILON))


def clip_logits(logits: np.ndarray) -> np.ndarray:
    """Clip logits as scores are clipped before their log odds; any shape, NaN stays."""
    return np.clip(logits, -_LIMIT, _LIMIT)


def scores_of(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, dtype=float64, from which they can be had again."""
    return 1 / (1 + np.exp(-logits.astype(np.float64)))
