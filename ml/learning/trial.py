"""What a head that learned on says of recordings it did not learn from, and how much it may trust.

Whole artists are held out: each recording is answered by a head that heard none of its artist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np

from ml.probabilities import to_probabilities

from .base import Base
from .refit import Answers, Fitted, Settings, refit, shipped
from .taught import NONE, Taught

# What a recording that people judged may weigh; of about equal ones the least is taken.
TRUSTS = (1.0, 3.0, 10.0, 30.0)
TOLERANCE = 0.01  # of a loss
DRAWN_LOST = 0.02  # of the right answers to music that it knew
GENRE_LOST = 0.10  # of the right answers to music of a genre that it knew
TOO_MUCH = 10.0  # added to the loss of what loses more than that
OFFSETS = tuple(np.arange(-6.0, 6.25, 0.25).tolist())
LEAST_PROBABILITY = 1e-6
PRIOR_RECORDINGS = 30  # that speak for probabilities being right as they are

Fit = Callable[[Taught], Fitted]


@dataclass(frozen=True)
class Trial:
    """The settings that were taken, and what came out of fold.

    Attributes
    ----------
    settings : see `refit`
    answers : to each recording, by a head that heard none of its artist
    """

    settings: Settings
    answers: Answers


def out_of_fold(taught: Taught, fit: Fit) -> Answers:
    """Answer each recording by a head fitted without its artist.

    Parameters
    ----------
    fit : makes a head of the recordings that it may know
    """
    parts = [
        (held, fit(taught.take(learn)).answer(taught.x[held])) for learn, held in taught.folds()
    ]
    order = np.argsort(np.concatenate([held for held, _ in parts]))

    def joined(name: str) -> np.ndarray:
        found: np.ndarray = np.concatenate([getattr(part, name) for _, part in parts])[order]
        return found

    return Answers(
        parts[0][1].labels,
        joined("logits"),
        joined("probabilities"),
        joined("above"),
    )


def choose(
    base: Base,
    taught: Taught,
    genres: tuple[str, ...] = (),
    report: Callable[[str], None] = lambda text: None,
) -> Trial:
    """Try each trust out of fold; take the least of those that are about the best.

    First that of the head, with what is added to the logits of new genres: by how often it is wrong
    about the genres that people said and what it forgets of what the shipped head knew, where not
    too much of that is lost. Then that of the detector, by how often it refuses what it should
    and no other. Not by probabilities: a head that trusts more is surer, which is put right
    afterwards.

    Parameters
    ----------
    genres : that are new
    """

    def tried(settings: Settings) -> Answers:
        return out_of_fold(taught, partial(refit, base, settings=settings))

    settings = Settings(TRUSTS[0], TRUSTS[0], genres, (0.0,) * len(genres))
    heads = {}
    for value in TRUSTS:
        report(f"head: trying out what a recording weighs: {value:g}")
        tried_settings = settings._replace(head=value)
        heads[value] = _with_offsets(
            base, taught, tried(tried_settings), refit(base, taught, tried_settings)
        )
    best = _least({value: loss for value, (loss, _) in heads.items()})
    settings = settings._replace(head=best, offsets=heads[best][1])
    losses = {}
    for value in TRUSTS:
        report(f"detector: trying out what a recording weighs: {value:g}")
        losses[value] = refusal_loss(tried(settings._replace(detector=value)), taught.said)
    settings = settings._replace(detector=_least(losses))
    return Trial(settings, tried(settings))


def _least(losses: dict[float, float]) -> float:
    """The smallest trust whose loss is about the least."""
    least = min(losses.values())
    return next(value for value in TRUSTS if losses[value] <= least + TOLERANCE)


def _with_offsets(
    base: Base, taught: Taught, answers: Answers, whole: Fitted
) -> tuple[float, tuple[float, ...]]:
    """The loss of a head, with what is best added to the logits of its new genres.

    answers : out of fold, of heads like `whole`
    """
    x, y = base.drawn
    said, drawn = answers.logits.copy(), whole.answer(x).logits
    first = shipped(base).answer(x).logits.argmax(axis=1) == y
    n = len(base.card.labels)

    def loss(offset: float, k: int) -> float:
        step = np.eye(said.shape[1])[k] * offset
        wrong = wrong_share(answers.labels, (said + step).argmax(axis=1), taught.said)
        right = (drawn + step).argmax(axis=1) == y
        lost = [float(first[y == i].mean() - right[y == i].mean()) for i in range(n)]
        penalty = TOO_MUCH if forgets_too_much(lost) else 0.0
        return wrong + max(0.0, float(np.mean(lost))) + penalty

    offsets = []
    for k in range(n, said.shape[1]):
        losses = {offset: loss(offset, k) for offset in sorted(OFFSETS, key=abs)}
        offset = min(losses, key=losses.__getitem__)
        offsets.append(offset)
        said[:, k] += offset
        drawn[:, k] += offset
    return loss(0.0, 0), tuple(offsets)


def lost_by_genre(base: Base, fitted: Fitted) -> dict[str, float]:
    """Of music as the shipped head learned it (`Base.drawn`), the share of right answers lost."""
    y = base.drawn[1]
    right = [right_of_drawn(base, head) for head in (shipped(base), fitted)]
    return {
        label: float(right[0][y == k].mean() - right[1][y == k].mean())
        for k, label in enumerate(base.card.labels)
    }


def right_of_drawn(base: Base, fitted: Fitted) -> np.ndarray:
    """Which of the music as the shipped head learned it is told right, and not refused.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=bool]
    """
    x, y = base.drawn
    return np.asarray(fitted.answer(x).headlines == np.array(base.card.labels)[y])


def forgets_too_much(lost: Collection[float]) -> bool:
    """Tell whether these shares of right answers lost, a genre each, are too much."""
    # A share that is just at its limit differs from it by what rounding does.
    mean = float(np.mean(list(lost)))
    return round(max(lost), 6) > GENRE_LOST or round(mean, 6) > DRAWN_LOST


def refusal_loss(answers: Answers, said: np.ndarray) -> float:
    """The share of wrong refusals and of those that are missing, each counting the same."""
    wrong = answers.refused != (said == NONE)
    sides = [wrong[side] for side in (said == NONE, said != NONE) if side.any()]
    return float(np.mean([side.mean() for side in sides]))


def wrong_share(labels: tuple[str, ...], best: np.ndarray, said: np.ndarray) -> float:
    """The share of recordings that are taken for another genre, each genre counting the same.

    best : np.ndarray [shape=(n,), dtype=int], positions in `labels`
    """
    shares = [
        float((best[said == label] != k).mean())
        for k, label in enumerate(labels)
        if (said == label).any()
    ]
    return float(np.mean(shares)) if shares else 0.0


def said_loss(answers: Answers, said: np.ndarray, labels: tuple[str, ...]) -> float:
    """The mean log loss over these genres, as far as people said them; 0 of none.

    Each genre counts the same.
    """
    losses = [
        -np.log(
            np.maximum(
                answers.probabilities[said == label, answers.labels.index(label)],
                LEAST_PROBABILITY,
            )
        ).mean()
        for label in labels
        if (said == label).any()
    ]
    return float(np.mean(losses)) if losses else 0.0


def fit_scale(
    answers: Answers, said: np.ndarray, fitted: Fitted, prior: float = PRIOR_RECORDINGS
) -> float:
    """Find what logits are divided by so that probabilities are right out of fold.

    The least log loss of the genres that people said, plus what speaks for 1: a normal prior of the
    logarithm, as wide as 1 for each of `prior` recordings.
    """
    labels = list(fitted.labels)
    rows = np.isin(said, labels)
    y = np.array([labels.index(str(label)) for label in said[rows]], int)
    logits = answers.logits[rows]

    def loss(log_scale: float) -> float:
        found = to_probabilities(logits / np.exp(log_scale), fitted.calibration)
        own = -np.log(np.maximum(found[np.arange(len(y)), y], LEAST_PROBABILITY)).sum()
        return float(own + prior * log_scale**2 / 2)

    grid = np.linspace(-3, 3, 241)
    return float(np.exp(grid[np.argmin([loss(value) for value in grid])]))
