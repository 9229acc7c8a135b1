"""95 % intervals of the shares in a model's card that are stored without one."""

from __future__ import annotations

from django import template

from ml.metrics.intervals import wilson_interval

register = template.Library()


@register.filter
def wilson(share: float | None, n: int | None) -> tuple[float, float] | None:
    """The bounds of a share of n tracks, for models/_interval.html; None where it has none."""
    if share in (None, "") or not n:
        return None
    low, high = wilson_interval(share * n, n)
    # As the card stores them; of 14 in 14 the upper bound is 1, and no hair below.
    return round(low, 4), round(high, 4)
