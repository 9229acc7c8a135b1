from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.calibration import fit_calibration, fit_confidence_levels

pytestmark = pytest.mark.full


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    return rng.normal(size=(300, 4)) + 2 * np.eye(4)[y], y


def test_a_weight_of_two_is_the_answer_twice(answers):
    logits, y = answers
    rows = np.r_[np.arange(300), np.arange(50)]
    weights = np.where(np.arange(300) < 50, 2.0, 1.0)
    twice, weighed = fit_calibration(logits[rows], y[rows]), fit_calibration(logits, y, weights)
    assert weighed.temperature == pytest.approx(twice.temperature, rel=1e-2)


def test_levels_count_tracks_and_weigh_shares(answers):
    logits, y = answers
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    plain = fit_confidence_levels(probabilities, y)
    same = fit_confidence_levels(probabilities, y, weights=np.full(300, 7.0))
    assert same == plain
    wrong = probabilities.argmax(axis=1) != y
    harder = fit_confidence_levels(probabilities, y, weights=np.where(wrong, 3.0, 1.0))
    assert sum(row["n"] for row in harder) == 300
    assert harder[0]["from"] > plain[0]["from"]
