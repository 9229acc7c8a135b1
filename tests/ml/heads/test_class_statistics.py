from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from ml.heads.class_statistics import ClassStatistics, collect

pytestmark = pytest.mark.full


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), [40, 30, 20])
    return rng.normal(size=(90, 5)) * [1, 2, 3, 1, 1] + y[:, None] * [1, 0, 2, 0, 0], y


def test_without_shrinkage_it_is_the_discriminant_of_scikit_learn(examples):
    x, y = examples
    kernel, bias = collect(x, y, np.ones(90), 3).linear(shrinkage=0.0, prior_power=1.0)
    logits = x @ kernel + bias
    expected = LinearDiscriminantAnalysis(solver="lsqr").fit(x, y).decision_function(x)
    assert np.allclose(logits - logits[:, :1], expected - expected[:, :1])


def test_a_weight_of_two_is_the_example_twice(examples):
    x, y = examples
    twice = collect(np.r_[x, x[:10]], np.r_[y, y[:10]], np.ones(100), 3)
    weighed = collect(x, y, np.r_[np.full(10, 2.0), np.ones(80)], 3)
    for a, b in zip(
        twice.linear(shrinkage=0.2, prior_power=0.5),
        weighed.linear(shrinkage=0.2, prior_power=0.5),
        strict=True,
    ):
        assert np.allclose(a, b)


def test_a_feature_that_never_moves_says_nothing(examples):
    x, y = examples
    kernel, _ = collect(np.c_[x, np.ones(90)], y, np.ones(90), 3).linear(
        shrinkage=0.1, prior_power=0.0
    )
    assert np.allclose(kernel[-1], 0)


def test_without_a_prior_the_weights_of_classes_move_nothing_but_the_covariance():
    statistics = ClassStatistics(np.array([1.0, 9.0]), np.array([[0.0], [2.0]]), np.array([[10.0]]))
    kernel, bias = statistics.linear(shrinkage=0.0, prior_power=0.0)
    logits = np.array([[1.0]]) @ kernel + bias  # half way between the two means
    assert logits[0, 0] == pytest.approx(logits[0, 1])


def test_statistics_of_two_sets_add_up_to_those_of_both(examples):
    x, y = examples
    weights = np.linspace(0.5, 2, len(y))
    whole = collect(x, y, weights, 3)
    first = np.flatnonzero(np.arange(len(y)) % 4 > 0)
    # The second set has none of the last class.
    second = np.setdiff1d(np.arange(len(y)), first)
    moved = second[y[second] == 2]
    first, second = np.r_[first, moved], np.setdiff1d(second, moved)
    parts = [collect(x[rows], y[rows], weights[rows], 3) for rows in (first, second)]
    added = parts[0] + parts[1]
    assert added.weights == pytest.approx(whole.weights)
    assert np.allclose(added.means, whole.means)
    assert np.allclose(added.scatter, whole.scatter)
