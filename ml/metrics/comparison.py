"""Paired comparison of two models on the same tracks."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import binomtest, bootstrap

RESAMPLES = 10_000


def mcnemar(only_a: int, only_b: int) -> float:
    """Compute the exact two-sided p of McNemar's test.

    Under H0 the discordant pairs are Binomial(n, 0.5).

    Parameters
    ----------
    only_a, only_b : numbers of tracks that one model alone got right
    """
    n = only_a + only_b
    return float(binomtest(only_a, n).pvalue) if n else 1.0


def compare(right_a: np.ndarray, right_b: np.ndarray, *, seed: int = 0) -> dict[str, Any]:
    """Compare two models on the same tracks.

    Parameters
    ----------
    right_a, right_b : np.ndarray [shape=(n,), dtype=bool], which tracks each got right
    seed : of the bootstrap

    Returns
    -------
    {n, both, only_a, only_b, neither, accuracy_a, accuracy_b, difference (b - a),
    difference_ci95 (percentile bootstrap over tracks), p}
    """
    gain = right_b.astype(float) - right_a.astype(float)
    interval = (float(gain.mean()),) * 2  # one track cannot be resampled
    if len(gain) > 1:
        interval = bootstrap(
            (gain,), np.mean, n_resamples=RESAMPLES, batch=1000, method="percentile", rng=seed
        ).confidence_interval
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return {
        "n": len(gain),
        "both": int((right_a & right_b).sum()),
        "only_a": only_a,
        "only_b": only_b,
        "neither": int((~right_a & ~right_b).sum()),
        "accuracy_a": round(float(right_a.mean()), 4),
        "accuracy_b": round(float(right_b.mean()), 4),
        "difference": round(float(gain.mean()), 4),
        "difference_ci95": [round(float(bound), 4) for bound in interval],
        "p": round(mcnemar(only_a, only_b), 4),
    }


def verdict(result: dict[str, Any], name_a: str, name_b: str) -> str:
    """Say in a sentence which model is better, if the difference is significant at 5 %."""
    if result["p"] >= 0.05:
        return f"{result['n']} tracks cannot tell which of {name_a} and {name_b} is better."
    better, worse = (name_b, name_a) if result["difference"] > 0 else (name_a, name_b)
    return f"{better} is better than {worse}: so large a gap is chance less than once in 20 times."
