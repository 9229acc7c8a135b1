"""Error budgets: exact tests, and that a budget is kept as often as is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from ml.metrics.error_budget import (
    Scale,
    binomial_tail,
    cut_for,
    log_odds,
    lowest_budget,
    upper_bound,
)

stats = pytest.importorskip("scipy.stats")


@dataclass
class Point:
    least: float
    n: int
    wrong: int


@pytest.mark.parametrize(
    ("k", "n", "p"), [(0, 10, 0.1), (3, 50, 0.02), (97, 440, 0.25), (9, 9, 0.5)]
)
def test_a_tail_is_that_of_scipy(k, n, p):
    assert binomial_tail(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 50), (97, 440)])
def test_an_upper_bound_is_that_of_clopper_and_pearson(k, n):
    assert upper_bound(k, n, 0.9) == pytest.approx(stats.beta.ppf(0.9, k + 1, n - k), abs=1e-9)


def test_all_wrong_is_bounded_by_all():
    assert upper_bound(5, 5, 0.9) == 1.0


def points_of(scores: np.ndarray, right: np.ndarray, step: int = 10) -> list[Point]:
    order = np.argsort(-scores)
    wrong = np.cumsum(~right[order])
    return [
        Point(float(scores[order[n - 1]]), n, int(wrong[n - 1]))
        for n in range(step, len(order) + 1, step)
    ]


@pytest.mark.parametrize("budget", [0.1, 0.2])
def test_a_budget_is_kept_as_often_as_is_said(budget):
    """Of many collections drawn alike, at most a tenth has a cut that breaks its budget."""
    rng = np.random.default_rng(3)
    broken = found = 0
    for _ in range(400):
        scores = rng.uniform(0, 1, 800)
        wrong = rng.uniform(0, 1, 800) < (1 - scores) / 2
        cut = cut_for(points_of(scores, ~wrong), budget, 0.9)
        if cut is not None:
            found += 1
            broken += (1 - cut.least) / 4 > budget  # the mean of what is above the cut
    assert found > 100
    assert broken <= 0.1 * 400


def test_a_cut_is_the_lowest_before_the_first_that_fails():
    points = [Point(0.9, 200, 2), Point(0.8, 400, 8), Point(0.7, 600, 120), Point(0.6, 9000, 9)]
    cut = cut_for(points, 0.1, 0.9)
    assert (cut.least, cut.n, cut.wrong) == (0.8, 400, 8)
    assert 0.02 < cut.at_most < 0.1


def test_a_few_answers_prove_nothing():
    assert cut_for([Point(0.9, 20, 0)], 0.1, 0.9) is None
    assert lowest_budget([Point(0.9, 20, 0)], 0.9) is not None
    assert lowest_budget([], 0.9) is None


def test_the_lowest_budget_can_be_kept_and_the_one_below_cannot():
    points = [Point(0.9, 200, 10), Point(0.8, 400, 30)]
    lowest = lowest_budget(points, 0.9)
    assert cut_for(points, lowest, 0.9)
    assert cut_for(points, lowest - 0.01, 0.9) is None


def test_an_answer_is_likelier_right_if_it_is_surer_and_less_outside():
    scale = Scale(-1.0, 0.4, -0.5)
    assert scale.right_probability(0.9, -2) > scale.right_probability(0.5, -2)
    assert scale.right_probability(0.9, -2) > scale.right_probability(0.9, -0.1)
    assert log_odds(1.0) == log_odds(0.99999)
    assert 0 < scale.right_probability(1.0, -1e9) <= 1
