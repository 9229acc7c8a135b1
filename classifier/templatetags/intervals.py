"""Template filter: 95 % interval of a share that a card stores without one."""

from __future__ import annotations

from typing import Literal

from django import template

from ml.metrics.intervals import wilson_interval

register = template.Library()


@register.filter
def wilson(share: float | Literal[""] | None, n: int | None) -> tuple[float, float] | None:
    """Return the bounds of a share of n tracks, for models/_interval.html, or None.

    A template has "" for what it cannot find.
    """
    if share is None or isinstance(share, str) or not n:
        return None
    low, high = wilson_interval(share * n, n)
    # Rounded as in the card; of 14 in 14 the upper bound is exactly 1.
    return round(low, 4), round(high, 4)
