"""Learning on: a head, its words and its threshold from a bundle and what people said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml.errors import DatasetError
from ml.metrics.calibration import expected_calibration_error, fit_confidence_levels
from ml.probabilities import to_probabilities

from .base import Base
from .refit import Answers, Fitted, Settings, positions, refit
from .taught import NONE, Taught
from .trial import choose, fit_scale

LEAST_RECORDINGS, LEAST_ARTISTS = 20, 8
# Recordings drawn at random, before probabilities or confidence levels are told by them: those that
# were picked because they were doubtful are harder than others.
SCALED_FROM, LEVELS_FROM = 60, 100
THRESHOLD_FROM = 50  # recordings of a genre
OTHER_LESS = 0.05  # of other music, that need not be refused for it


@dataclass(frozen=True)
class Learned:
    """A head that learned on.

    Attributes
    ----------
    fitted : the head, the detector and its threshold
    levels : confidence levels by what people said; None: those of the bundle stay
    answers : to each recording, by a head that heard none of its artist
    settings : how it was fitted
    scale : what the logits were divided by
    report : of how it was learned, ready for JSON
    """

    fitted: Fitted
    levels: list[dict[str, Any]] | None
    answers: Answers
    settings: Settings
    scale: float
    report: dict[str, Any]


def learn(
    base: Base,
    taught: Taught,
    genres: tuple[str, ...] = (),
    report: Callable[[str], None] = lambda text: None,
) -> Learned:
    """Learn on.

    Parameters
    ----------
    taught : said of each is a genre of the bundle or one of `genres`, or NONE
    genres : that are new
    report : is told what is being done

    Raises
    ------
    DatasetError : too few recordings, or of too few artists
    """
    check_enough(taught)
    trial = choose(base, taught, genres, report)
    report("fitting the head and the detector")
    fitted = refit(base, taught, trial.settings)
    shift = budget_shift(base, fitted, trial.answers, taught)
    scale = scale_of(trial.answers, taught, fitted)
    fitted = adjusted(fitted, scale, shift)
    answers = readjusted(trial.answers, scale, shift, fitted)
    known = taught.drawn & (taught.said != NONE)
    levels = None
    if known.sum() >= LEVELS_FROM:
        y = positions(taught.said[known], fitted.labels)
        levels = fit_confidence_levels(answers.probabilities[known], y)
    return Learned(
        fitted,
        levels,
        answers,
        trial.settings,
        scale,
        {
            "trust": {"head": trial.settings.head, "detector": trial.settings.detector},
            "genres": dict(zip(genres, trial.settings.offsets, strict=True)),
            "scale": scale,
            "threshold_shift": shift,
            "drawn_at_random": int(taught.drawn.sum()),
            "out_of_fold": counts(taught, answers, known),
        },
    )


def counts(taught: Taught, answers: Answers, calibrated: np.ndarray) -> dict[str, Any]:
    """For a card, how many answers out of fold were right.

    calibrated : np.ndarray [shape=(n,), dtype=bool], recordings of a genre by which the gap between
        probabilities and shares is told
    """
    right = answers.headlines == taught.said
    ece = None
    if calibrated.any():
        y = positions(taught.said[calibrated], answers.labels)
        ece = round(expected_calibration_error(answers.probabilities[calibrated], y), 4)
    return {
        "n": len(taught),
        "right": int(right.sum()),
        "drawn": int(taught.drawn.sum()),
        "drawn_right": int((right & taught.drawn).sum()),
        "ece": ece,
    }


def enough_for_genre(n: int, artists: int) -> bool:
    """Tell whether so many recordings of so many artists are enough to learn a new genre from."""
    return n >= LEAST_RECORDINGS and artists >= LEAST_ARTISTS


def check_enough(taught: Taught) -> None:
    """Raise DatasetError unless there is enough to learn from."""
    if len(taught) < LEAST_RECORDINGS:
        raise DatasetError(
            f"People have judged {len(taught)} recordings that can be learned from: learning needs "
            f"{LEAST_RECORDINGS}."
        )
    if taught.n_groups < LEAST_ARTISTS:
        raise DatasetError(
            f"The {len(taught)} recordings are of {taught.n_groups} artists: learning needs "
            f"{LEAST_ARTISTS}, so that some can be kept out to judge by."
        )


def budget_shift(base: Base, fitted: Fitted, answers: Answers, taught: Taught) -> float:
    """How much the threshold is raised so that this site's music is not refused too often.

    The budget is the shipped detector's: the share of music of its genres that it refused out of
    fold. By recordings that were drawn at random, where they are enough. It is kept only as far as
    other music is still refused about as often.
    """
    inside = taught.said != NONE
    drawn = inside & taught.drawn
    rows = drawn if drawn.sum() >= THRESHOLD_FROM else inside
    if rows.sum() < THRESHOLD_FROM:
        return 0.0
    wanted = np.quantile(answers.above[rows], 1 - base.refused_of_training, method="higher")
    other = float((base.detector.score(base.other_music) > base.threshold).mean())
    above = fitted.answer(base.other_music).above
    most = np.quantile(above, min(1.0, 1 - other + OTHER_LESS), method="lower")
    return max(0.0, float(min(wanted, most)))


def scale_of(answers: Answers, taught: Taught, fitted: Fitted) -> float:
    """What logits are divided by, told by recordings that were drawn at random; 1 by too few."""
    if (taught.drawn & (taught.said != NONE)).sum() < SCALED_FROM:
        return 1.0
    return fit_scale(answers.take(taught.drawn), taught.said[taught.drawn], fitted)


def adjusted(fitted: Fitted, scale: float, shift: float) -> Fitted:
    """The same head with its logits divided by `scale` and its threshold raised by `shift`."""
    return replace(
        fitted,
        kernel=fitted.kernel / scale,
        bias=fitted.bias / scale,
        threshold=fitted.threshold + shift,
    )


def readjusted(answers: Answers, scale: float, shift: float, fitted: Fitted) -> Answers:
    """What heads so adjusted would have answered."""
    logits = answers.logits / scale
    return replace(
        answers,
        logits=logits,
        probabilities=to_probabilities(logits, fitted.calibration),
        above=answers.above - shift,
    )
