"""Calibration and confidence levels, judged on places that took no part in setting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.metrics.calibration import (
    MIN_TRACKS,
    fit_calibration,
    fit_confidence_levels,
)
from ml.metrics.confidence import confidence_of
from ml.probabilities import Calibration, to_probabilities
from ml.registry.sections.certainty import ConfidenceLevel

from .examples import N_GENRES, TwoWorlds
from .search import Result


@dataclass(frozen=True)
class Answers:
    """Logits out of fold [shape=(n, n_genres)], the truth (n,), what each answer weighs (n,)."""

    logits: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> Answers:
        return Answers(self.logits[rows], self.y[rows], self.weights[rows])

    def calibrate(self, sure: float, repeats: int = 1) -> tuple[Calibration, list[dict[str, Any]]]:
        calibration = fit_calibration(self.logits, self.y, self.weights)
        probabilities = to_probabilities(self.logits, calibration)
        return calibration, fit_confidence_levels(
            probabilities, self.y, sure=sure, repeats=repeats, weights=self.weights
        )


@dataclass(frozen=True)
class Judged:
    """Answers about the wild tracks of the ten, as another place's visitor would have got them.

    probabilities : np.ndarray [shape=(n_known, n_genres)]
    words : np.ndarray [shape=(n_known,)], the confidence level of each
    """

    probabilities: np.ndarray
    words: np.ndarray


def judge_words(
    worlds: TwoWorlds, chosen: Sequence[Result], round_: int, fair: np.ndarray, sure: float
) -> Judged:
    """Calibrate the answers of each fold, and give them their words, by those of the other folds.

    So all of it is judged on places that took no part in setting it.

    chosen : of each fold, the candidate that the others chose, see `Search.without_the_fold`
    """
    probabilities = np.zeros((len(worlds.y), N_GENRES))
    words = np.full(len(worlds.y), "", dtype=object)
    for (_, held), result in zip(worlds.rounds[round_].wild, chosen, strict=True):
        mine = np.isin(worlds.known, held)
        if not mine.any():
            continue
        answers = Answers(result.wild[round_], worlds.y, fair)
        calibration, levels = answers.take(~mine).calibrate(sure)
        rules = [ConfidenceLevel.model_validate(row) for row in levels]
        probabilities[mine] = to_probabilities(answers.logits[mine], calibration)
        found = [confidence_of(row, rules) for row in probabilities[mine]]
        words[mine] = [confidence.key if confidence else "" for confidence in found]
    return Judged(probabilities, words)


def as_found(
    levels: Sequence[dict[str, Any]], judged: Sequence[Judged], y: np.ndarray, fair: np.ndarray
) -> list[dict[str, Any]]:
    """Levels whose shares are those that were found on places that did not set them.

    The shares by which a level was set flatter: it begins where they are just high enough.
    """
    probabilities = np.concatenate([found.probabilities for found in judged])
    words = np.concatenate([found.words for found in judged])
    order = np.argsort(-probabilities, axis=1)
    truth, weights = np.tile(y, len(judged)), np.tile(fair, len(judged))
    right = order[:, 0] == truth
    first_two = right | (order[:, 1] == truth)
    rows = []
    for level in levels:
        mine = words == level["word"]
        if mine.sum() >= MIN_TRACKS * len(judged):
            level = level | {
                "right": round(float(np.average(right[mine], weights=weights[mine])), 4),
                "first_two": round(float(np.average(first_two[mine], weights=weights[mine])), 4),
            }
        rows.append(level)
    return rows
