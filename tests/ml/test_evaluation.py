import numpy as np
import pytest

from ml.calibration import expected_calibration_error, fit_temperature
from ml.dataset import GENRES
from ml.evaluation import score, wilson_interval


def test_the_interval_is_wilsons():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)


def test_scores_of_a_small_hand_made_case():
    y = np.array([0, 0, 1, 2])
    probabilities = np.full((4, 10), 0.01)
    for row, (first, second) in enumerate([(0, 1), (1, 0), (1, 2), (3, 4)]):
        probabilities[row, first], probabilities[row, second] = 0.7, 0.22
    result = score(probabilities, y)
    assert result["n"] == 4
    assert result["accuracy"] == 0.5
    assert result["top3_accuracy"] == 0.75  # the last row's truth is none of its first three
    assert result["per_genre"]["blues"] == {"precision": 1.0, "recall": 0.5, "n": 2}
    assert result["per_genre"]["classical"] == {"precision": 0.5, "recall": 1.0, "n": 1}
    assert sum(map(sum, result["confusion"])) == 4
    assert result["ece"] == pytest.approx(0.2)
    assert set(result["per_genre"]) == set(GENRES)


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 10))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(10, p=p) for p in truth])
    assert fit_temperature(3 * logits, y) == pytest.approx(3, rel=0.1)
    assert expected_calibration_error(truth, y) < 0.03
