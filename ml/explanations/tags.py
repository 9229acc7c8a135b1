"""What a page may say in words, from stored numbers and the model's card.

Light: NumPy alone, so that the web process can use it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Below this a tag was hardly heard, however rare it is.
MIN_ACTIVATION = 0.05


def also_sounds_like(
    tags: Mapping[str, float], usual: Mapping[str, float], n: int
) -> list[tuple[str, float]]:
    """The n tags that stand out the most: (tag, activation), the most unusual first.

    "Rock" is heard in nearly everything, so a tag counts by how much stronger it is here than it
    usually is; what is hardly heard, or is no stronger than usual, is left out.

    Parameters
    ----------
    tags : mean activation of each tag in this track
    usual : mean activation of each tag over the training tracks, from the card's `tag_means`
    """
    lifts = {
        tag: activation / max(usual.get(tag, 0.0), 0.01)
        for tag, activation in tags.items()
        if np.isfinite(activation) and activation >= MIN_ACTIVATION
    }
    ranked = sorted(lifts, key=lambda tag: -lifts[tag])
    return [(tag, float(tags[tag])) for tag in ranked if lifts[tag] > 1][:n]
