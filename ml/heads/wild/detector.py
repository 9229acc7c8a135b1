"""Choosing the out-of-distribution detector, judged by the wild out of fold."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ml.heads.class_detector import ClassDetector, outside_log_odds
from ml.heads.class_statistics import ClassStatistics, collect
from ml.metrics.scores import auroc

from .examples import N_GENRES, Choice, TwoWorlds
from .settings import WildSettings

# The classes of the detector after the genres.
OTHER_MUSIC, NO_MUSIC = N_GENRES, N_GENRES + 1


def choose_detector(
    worlds: TwoWorlds, choice: Choice, settings: WildSettings
) -> tuple[ClassDetector, np.ndarray, dict[str, Any]]:
    """The detector, its scores of all wild tracks out of fold (REPEATS, n), and its report."""
    ood = settings.ood
    candidates = []
    for numbers in itertools.product(ood.clip_epsilons, ood.shrinkages, ood.temperatures):
        scores = _detector_scores(worlds, choice, settings, *numbers)
        known, wild = worlds.known, worlds.wild
        worth = np.mean(
            [
                auroc(row[known], row[kind])
                for row in scores
                for kind in (wild.is_other_music, wild.is_no_music)
            ]
        )
        candidates.append((float(worth), scores, numbers))
    best = max(candidates, key=lambda candidate: candidate[0])
    _, scores, (clip_epsilon, shrinkage, temperature) = best
    statistics = _detector_statistics(worlds, *worlds.everything(), clip_epsilon, choice, settings)
    kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=1.0)
    report = {
        "method": "a linear discriminant of the ten genres, music of other genres and no music, "
        "on the log odds of the tags, which learned from real music of other genres",
        "left_out": {},
        "made_sounds": len(worlds.negatives),
    }
    return ClassDetector(clip_epsilon, kernel, bias, N_GENRES, temperature), scores, report


def _detector_scores(
    worlds: TwoWorlds,
    choice: Choice,
    settings: WildSettings,
    clip_epsilon: float,
    shrinkage: float,
    temperature: float,
) -> np.ndarray:
    """Of all wild tracks out of fold, [shape=(REPEATS, n)]."""
    x, _, _ = worlds.log_odds(clip_epsilon)
    scores = np.zeros((len(worlds.rounds), len(worlds.wild)))
    for r, dealt in enumerate(worlds.rounds):
        for (learn, held), (gtzan_learn, _) in zip(dealt.wild, dealt.gtzan, strict=True):
            statistics = _detector_statistics(
                worlds, learn, gtzan_learn, clip_epsilon, choice, settings
            )
            kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=1.0)
            scores[r, held] = outside_log_odds((x[held] @ kernel + bias) / temperature, N_GENRES)
    return scores


def _detector_statistics(
    worlds: TwoWorlds,
    wild_rows: np.ndarray,
    gtzan_rows: np.ndarray,
    clip_epsilon: float,
    choice: Choice,
    settings: WildSettings,
) -> ClassStatistics:
    """Inside and outside weigh the same; near kin and the ambiguous take no part."""
    ood, wild = settings.ood, worlds.wild
    wild_x, _, made = worlds.log_odds(clip_epsilon)
    x, y, weights = worlds.examples(
        wild_rows, gtzan_rows, choice._replace(clip_epsilon=clip_epsilon)
    )
    parts = [(x, y, weights / weights.sum())]
    synthetic = ood.synthetic_share if len(made) else 0.0
    for kind, label, share in (
        (wild.is_other_music, OTHER_MUSIC, 1 - ood.no_music_share),
        (wild.is_no_music, NO_MUSIC, ood.no_music_share * (1 - synthetic)),
    ):
        rows = wild_rows[kind[wild_rows]]
        mine = worlds.wild_weights(rows, choice)
        parts.append((wild_x[rows], np.full(len(rows), label), mine / mine.sum() * share))
    if len(made):
        each = ood.no_music_share * synthetic / len(made)
        parts.append((made, np.full(len(made), NO_MUSIC), np.full(len(made), each)))
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return collect(joined[0], joined[1], joined[2], N_GENRES + 2)


def threshold_of(inside: np.ndarray, refused: float) -> float:
    """The score above which at most the share `refused` of the inside tracks lies."""
    return round(float(np.quantile(inside, 1 - refused, method="higher")), 4)
