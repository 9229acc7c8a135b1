"""Calibration: temperature scaling with a blend, reliability bins, verbal confidence levels.

SciPy is imported where something is fitted with it, as the light set of requirements lacks it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.probabilities import Calibration

# The fewest tracks of which a share is stated.
MIN_TRACKS = 15


def fit_temperature(logits: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Fit the temperature that minimises the log loss of softmax(logits / temperature).

    Parameters
    ----------
    logits : np.ndarray [shape=(n, n_genres)], on tracks that the model was not trained on, e.g.
        out of fold
    y : np.ndarray [shape=(n,), dtype=int], the true classes
    weights : np.ndarray [shape=(n,)], how much each track counts; None: all the same

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def log_loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(np.average(scaled[np.arange(len(y)), y], weights=weights))

    best = minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(best.x))


def fit_calibration(
    logits: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None
) -> Calibration:
    """Fit the blend of `ml.probabilities.to_probabilities` that has the least log loss.

    One temperature left a discriminant's high confidences too low and its low ones too high; with
    a share of the softmax of the plain logits both were right (out of fold).

    Parameters
    ----------
    logits : np.ndarray [shape=(n, n_genres)], on tracks that the model was not trained on
    y : np.ndarray [shape=(n,), dtype=int], the true classes
    weights : np.ndarray [shape=(n,)], how much each track counts; None: all the same
    """
    from scipy.optimize import minimize
    from scipy.special import expit, log_softmax, logit, logsumexp

    rows = np.arange(len(y))
    own = log_softmax(logits, axis=1)[rows, y]

    def log_loss(parameters: np.ndarray) -> float:
        log_temperature, log_odds_of_own = parameters
        soft = log_softmax(logits / np.exp(log_temperature), axis=1)[rows, y]
        weight = expit(log_odds_of_own)
        blend = logsumexp([own + np.log(weight), soft + np.log1p(-weight)], axis=0)
        return -float(np.average(blend, weights=weights))

    start = [np.log(fit_temperature(logits, y, weights)), logit(0.2)]
    best = minimize(log_loss, start, bounds=[(np.log(0.05), np.log(20)), (-8, 8)])
    return Calibration(
        temperature=round(float(np.exp(best.x[0])), 4),
        own_weight=round(float(expit(best.x[1])), 4),
    )


def reliability(probabilities: np.ndarray, y: np.ndarray, n_bins: int = 10) -> list[dict[str, Any]]:
    """Compare confidence with accuracy in equal-width bins of confidence.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], rows sum to 1
    y : np.ndarray [shape=(n,), dtype=int], the true classes

    Returns
    -------
    a row {from, to, n, confidence, accuracy} of each bin that is not empty
    """
    confidence, correct, bins = _binned(probabilities, y, n_bins)
    return [
        {
            "from": round(int(b) / n_bins, 4),
            "to": round((int(b) + 1) / n_bins, 4),
            "n": int((bins == b).sum()),
            "confidence": round(float(confidence[bins == b].mean()), 4),
            "accuracy": round(float(correct[bins == b].mean()), 4),
        }
        for b in np.unique(bins)
    ]


def expected_calibration_error(probabilities: np.ndarray, y: np.ndarray, n_bins: int = 10) -> float:
    """Compute the mean gap between confidence and accuracy over equal-width bins, in [0, 1].

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], rows sum to 1
    y : np.ndarray [shape=(n,), dtype=int], the true classes

    References
    ----------
    Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"
    (2015).
    """
    confidence, correct, bins = _binned(probabilities, y, n_bins)
    gaps = [
        np.mean(bins == b) * abs(confidence[bins == b].mean() - correct[bins == b].mean())
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


def fit_confidence_levels(
    probabilities: np.ndarray,
    y: np.ndarray,
    *,
    sure: float = 0.9,
    leaning: float = 0.7,
    torn: float = 0.85,
    repeats: int = 1,
    weights: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Fit the bounds of the verbal confidence levels.

    In the order in which `ml.metrics.confidence.confidence_of` tries them:
    quite_sure : from the lowest confidence above which the share of right answers is `sure`
    leaning : of the rest, from the lowest above which it is `leaning`
    torn : of the rest, up to the widest margin between the first two genres within which the
        right one is among the two with the share `torn`
    not_sure : what remains

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, n_genres)], calibrated, on tracks not trained on
    y : np.ndarray [shape=(n,), dtype=int], the true classes
    sure, leaning, torn : shares of right answers, in [0, 1]
    repeats : so many times each track is among the rows; `n` counts tracks
    weights : np.ndarray [shape=(n,)], how much each row counts in the shares; None: all the same

    Returns
    -------
    rows {word, from, margin_up_to, right, first_two, n, share}. A word that fewer than
    `MIN_TRACKS` tracks would get is left out, and the last one takes what remains.
    """
    order = np.argsort(-probabilities, axis=1)
    first, second = np.sort(probabilities, axis=1)[:, :-3:-1].T
    margin = first - second
    right = order[:, 0] == y
    among = right | (order[:, 1] == y)
    smallest = MIN_TRACKS * repeats
    weights = np.ones(len(y)) if weights is None else weights
    rest = np.ones(len(y), bool)
    rules: list[tuple[str, float, float]] = []

    def add(word: str, from_: float, margin_up_to: float) -> None:
        # Rounded before counting, so that the shares are those of the rule as it is stored.
        rule = float(np.ceil(from_ * 1e4) / 1e4), float(np.floor(margin_up_to * 1e4) / 1e4)
        mine = rest & (first >= rule[0]) & (margin <= rule[1])
        if mine.sum() >= smallest:
            rest[mine] = False
            rules.append((word, *rule))

    for word, share in (("quite_sure", sure), ("leaning", leaning)):
        bound = _furthest(-first[rest], right[rest], weights[rest], share, smallest)
        if bound is not None:
            add(word, -bound, 1.0)
    bound = _furthest(margin[rest], among[rest], weights[rest], torn, smallest)
    if bound is not None:
        add("torn", 0.0, bound)
    add("not_sure", 0.0, 1.0)
    last = rules.pop()[0] if rules else "not_sure"
    rows, rest = [], np.ones(len(y), bool)
    for word, from_, margin_up_to in [*rules, (last, 0.0, 1.0)]:
        mine = rest & (first >= from_) & (margin <= margin_up_to)
        rest = rest & ~mine
        rows.append(
            {
                "word": word,
                "from": from_,
                "margin_up_to": margin_up_to,
                "right": round(float(np.average(right[mine], weights=weights[mine])), 4),
                "first_two": round(float(np.average(among[mine], weights=weights[mine])), 4),
                "n": round(mine.sum() / repeats),
                "share": round(float(np.average(mine, weights=weights)), 4),
            }
        )
    return rows


def _binned(
    probabilities: np.ndarray, y: np.ndarray, n_bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return confidence, whether it is right, and the bin of each row, [shape=(n,)] each."""
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return confidence, probabilities.argmax(axis=1) == y, bins


def _furthest(
    values: np.ndarray, hits: np.ndarray, weights: np.ndarray, share: float, smallest: int
) -> float | None:
    """Return the largest value up to which the mean of `hits` is at least `share`, or None."""
    order = np.argsort(values)
    running = np.cumsum((hits * weights)[order]) / np.cumsum(weights[order])
    enough = np.flatnonzero((running >= share) & (np.arange(1, len(order) + 1) >= smallest))
    return float(values[order][enough[-1]]) if enough.size else None
