"""Tags that stand out in a recording. Imports NumPy alone, so that pages can use it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Tags below this activation are too weak to be named, however rare they are.
MIN_ACTIVATION = 0.05


def also_sounds_like(
    tags: Mapping[str, float], usual: Mapping[str, float], n: int
) -> list[tuple[str, float]]:
    """Return the n tags that are most above their usual activation.

    "Rock" is active in nearly all music, so tags are ranked by the ratio of their activation to the
    usual one. Tags that are weak, or no stronger than usual, are left out.

    Parameters
    ----------
    tags : mean activation of each tag in this track
    usual : mean activation of each tag over the training tracks, from the card's `tag_means`

    Returns
    -------
    (tag, activation in [0, 1]), the highest ratio first
    """
    lifts = {
        tag: activation / max(usual.get(tag, 0.0), 0.01)
        for tag, activation in tags.items()
        if np.isfinite(activation) and activation >= MIN_ACTIVATION
    }
    ranked = sorted(lifts, key=lambda tag: -lifts[tag])
    return [(tag, float(tags[tag])) for tag in ranked if lifts[tag] > 1][:n]
