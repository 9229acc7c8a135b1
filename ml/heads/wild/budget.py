"""What an error budget is kept by: how often answers are right where other music comes in too.

Everything is out of fold: each recording is judged by a head, a detector and a regression that
heard nothing of its place and of its artist there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml.metrics.error_budget import cut_for, log_odds
from ml.probabilities import Calibration, to_probabilities
from ml.registry.sections.certainty import BudgetPoint

from .detector import JudgedOutside
from .examples import TwoWorlds

CONFIDENCE = 0.9
STEP = 20  # recordings between two points of the curve, about one in a hundred
BUDGETS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)  # whose cuts are tried on held-out places


def measure_budget(
    worlds: TwoWorlds,
    logits: np.ndarray,
    outside: Sequence[JudgedOutside],
    calibration: Calibration,
) -> dict[str, Any]:
    """Measure the section `budget` of a card.

    An answer is right where the recording is of the genre that is named. A recording of other music
    or of no music that is not refused has a wrong answer, whatever genre is named. What is refused
    is never used. Near kin and the ambiguous take no part, as there no one answer is right.

    Parameters
    ----------
    logits : np.ndarray [shape=(rounds, n_wild, n_genres)], of every wild track, out of fold
    outside : of each round
    """
    wild = worlds.wild
    rows = np.flatnonzero(wild.is_known | wild.is_other_music | wild.is_no_music)
    probabilities = to_probabilities(logits[:, rows], calibration)
    above = np.array([found.above[rows] for found in outside])
    right = probabilities.argmax(axis=2) == np.where(wild.is_known, wild.y, -1)[rows]
    sure = np.vectorize(log_odds)(probabilities.max(axis=2))
    folds = [_fold_of(worlds, r)[rows] for r in range(len(worlds.rounds))]

    scores = np.zeros(right.shape)
    for r, fold in enumerate(folds):
        for held in np.unique(fold):
            mine = fold == held
            learn = ~mine & (above[r] <= 0)
            model = _fit(sure[r, learn], above[r, learn], right[r, learn])
            scores[r, mine] = _right(model, sure[r, mine], above[r, mine])
    used = above <= 0
    everything = _fit(sure[used], above[used], right[used])
    intercept, slope, outside_slope = (round(float(value), 5) for value in everything)
    section = {
        "confidence": CONFIDENCE,
        "n": len(rows),
        "n_genres": int(wild.is_known.sum()),
        "n_other_music": int(wild.is_other_music.sum()),
        "n_no_music": int(wild.is_no_music.sum()),
        "intercept": intercept,
        "slope": slope,
        "outside_slope": outside_slope,
        "points": _points(scores, right, used),
    }
    return section | {"held_out": _held_out(scores, right, used, folds)}


def _fold_of(worlds: TwoWorlds, round_: int) -> np.ndarray:
    fold = np.zeros(len(worlds.wild), int)
    for k, (_, held) in enumerate(worlds.rounds[round_].wild):
        fold[held] = k
    return fold


def _fit(sure: np.ndarray, above: np.ndarray, right: np.ndarray) -> tuple[float, float, float]:
    """Return intercept and slopes of the log odds that an answer is right."""
    if right.all() or not right.any():  # as in a test with made-up music
        return np.log((right.sum() + 1) / ((~right).sum() + 1)), 0.0, 0.0
    model = LogisticRegression(C=1e6, max_iter=500).fit(np.stack([sure, above], axis=1), right)
    return (model.intercept_[0], *model.coef_[0])


def _right(model: tuple[float, float, float], sure: np.ndarray, above: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(model[0] + model[1] * sure + model[2] * above)))


def _points(scores: np.ndarray, right: np.ndarray, used: np.ndarray) -> list[dict[str, Any]]:
    """Cuts, with counts that are means over the rounds: a recording counts once."""
    rounds = len(scores)
    order = np.sort(scores[used])[::-1]
    points = []
    for at in range(STEP * rounds - 1, len(order), STEP * rounds):
        least = float(np.floor(order[at] * 1e4) / 1e4)
        mine = used & (scores >= least)
        n, wrong = mine.sum() / rounds, (mine & ~right).sum() / rounds
        points.append({"least": least, "n": int(n), "wrong": int(np.ceil(wrong))})
    return points


def _held_out(
    scores: np.ndarray,
    right: np.ndarray,
    used: np.ndarray,
    folds: Sequence[np.ndarray],
) -> list[dict[str, Any]]:
    """What came of each budget in places that took no part in choosing its cut."""
    rows = []
    for budget in BUDGETS:
        n = wrong = kept = dealt = 0
        for r, fold in enumerate(folds):
            for held in np.unique(fold):
                others = (fold != held)[None]
                points = _points(scores[r : r + 1], right[r : r + 1], used[r : r + 1] & others)
                cut = cut_for([BudgetPoint.model_validate(p) for p in points], budget, CONFIDENCE)
                dealt += 1
                if cut is None:
                    kept += 1
                    continue
                mine = (fold == held) & used[r] & (scores[r] >= cut.least)
                n += int(mine.sum())
                wrong += int((mine & ~right[r]).sum())
                kept += int((mine & ~right[r]).sum()) <= budget * int(mine.sum())
        rows.append(
            {
                "budget": budget,
                "used_share": round(n / right.size, 4),
                "wrong_share": round(wrong / n, 4) if n else None,
                "folds_kept": round(kept / dealt, 4),
            }
        )
    return rows
