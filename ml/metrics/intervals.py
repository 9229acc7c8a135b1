"""Wilson score interval of a proportion. Imports no library, so that pages can use it."""

from __future__ import annotations

import math


def wilson_interval(successes: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Compute the score interval of a proportion, by default of 95 %.

    Parameters
    ----------
    successes : of n; a mean over repeated rounds may lie between two counts, and n is then that of
        one round, because the same n tracks were judged in each
    z : quantile of the normal distribution

    Returns
    -------
    (low, high), in [0, 1]

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (centre - spread) / scale, (centre + spread) / scale
