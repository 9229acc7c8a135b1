"""A model of somebody's own genres alone, from recordings of each.

The genres of the bundle that it is learned from are other music to it, unless its own are like
them. How recordings of one genre differ among themselves is taken from the bundle too: a few dozen
recordings tell where a genre lies, and not how a hundred features vary together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ml.errors import DatasetError
from ml.heads.class_statistics import ClassStatistics, collect
from ml.metrics.calibration import fit_confidence_levels
from ml.probabilities import Calibration

from .base import Base
from .learned import (
    LEAST_ARTISTS,
    LEAST_RECORDINGS,
    Learned,
    adjusted,
    counts,
    enough_for_genre,
    readjusted,
)
from .refit import ARTIST_POWER, NEVER, Fitted, Settings, fit_detector, positions
from .taught import NONE, Taught, artist_shares
from .trial import fit_scale, out_of_fold

MUCH = 1e6  # more than the cap of each genre, so that together they weigh what the others do
PLAIN = Calibration(temperature=1.0, own_weight=0.0)


def fit_alone(base: Base, taught: Taught, labels: tuple[str, ...]) -> Fitted:
    """Fit a head and a detector of these genres alone; the threshold is 0.

    taught : said of each is one of the labels, or NONE
    """
    inside = taught.take(taught.said != NONE)
    y = positions(inside.said, labels)
    weights = artist_shares(inside.groups, ARTIST_POWER)
    # Each genre weighs the same, however many recordings of it there are.
    for k in range(len(labels)):
        weights[y == k] /= max(weights[y == k].sum(), 1e-12) * len(labels)
    own = collect(inside.x[:, base.rows], y, weights, len(labels))
    known = base.mixed.statistics
    # As much of either: what is within a genre here and there, each of weight 1.
    within = own.scatter / own.weights.sum() + known.scatter / known.weights.sum()
    heard = own.weights > 0
    part = ClassStatistics(own.weights[heard], own.means[heard], within / 2 * own.weights.sum())
    found, constant = part.linear(shrinkage=base.mixed.shrinkage, prior_power=0.0)
    kernel, bias = np.zeros((base.n_features, len(labels))), np.full(len(labels), NEVER)
    kernel[np.ix_(base.rows, heard)] = found - found.mean(axis=1, keepdims=True)
    bias[heard] = constant - constant.mean()
    detector = fit_detector(base.as_other_music, taught, Settings(detector=MUCH, genres=labels))
    return Fitted(kernel, bias, detector, 0.0, PLAIN, labels)


def learn_alone(
    base: Base,
    taught: Taught,
    labels: tuple[str, ...],
    report: Callable[[str], None] = lambda text: None,
) -> Learned:
    """Learn a model of these genres alone.

    Raises
    ------
    DatasetError : fewer than two genres, or too few recordings or artists of one
    """
    check_genres(taught, labels)
    report("holding out artists")
    answers = out_of_fold(taught, partial(fit_alone, base, labels=labels))
    report("fitting the head and the detector")
    fitted = fit_alone(base, taught, labels)
    scale = fit_scale(answers, taught.said, fitted, prior=0.0)
    inside = taught.said != NONE
    shift = float(np.quantile(answers.above[inside], 1 - base.refused_of_training, method="higher"))
    fitted, answers = adjusted(fitted, scale, shift), readjusted(answers, scale, shift, fitted)
    y = positions(taught.said[inside], labels)
    probabilities = answers.probabilities[inside]
    return Learned(
        fitted,
        fit_confidence_levels(probabilities, y),
        answers,
        Settings(genres=labels),
        scale,
        {
            "trust": {"head": 1.0, "detector": 1.0},
            "genres": dict.fromkeys(labels, 0.0),
            "alone": True,
            "scale": scale,
            "threshold_shift": shift,
            "drawn_at_random": int(taught.drawn.sum()),
            "out_of_fold": counts(taught, answers, inside),
        },
    )


def check_genres(taught: Taught, labels: tuple[str, ...]) -> None:
    """Raise DatasetError unless there are two genres, and enough of each."""
    if len(labels) < 2:
        raise DatasetError("A model of one genre alone tells nothing: two are the least.")
    for label in labels:
        mine = taught.take(taught.said == label)
        if not enough_for_genre(len(mine), mine.n_groups):
            raise DatasetError(
                f"There are {len(mine)} recordings of {label} by {mine.n_groups} artists: "
                f"{LEAST_RECORDINGS} by {LEAST_ARTISTS} are needed."
            )


def refit_alone(
    base: Base, taught: Taught, *, labels: tuple[str, ...], scale: float, shift: float
) -> Fitted:
    """Fit again as a bundle was, of what may be known."""
    kept = taught.take(np.isin(taught.said, (*labels, NONE)))
    return adjusted(fit_alone(base, kept, labels), scale, shift)
