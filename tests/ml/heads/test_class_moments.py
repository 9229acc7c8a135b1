"""Moments of classes: summed up, added to, kept, and drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.heads.class_moments import ClassMoments, collect_moments
from ml.heads.class_statistics import collect

NAMES = ("jazz", "rock", "speech")


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)) + np.repeat([[0], [2], [5]], 20, axis=0)
    return x, np.repeat(np.arange(3), 20), rng.uniform(0.5, 2, 60)


def moments(x, y, weights) -> ClassMoments:
    return collect_moments(x, y, weights, NAMES, 2)


def assert_same(a: ClassMoments, b: ClassMoments, **tolerance) -> None:
    assert (a.names, a.n_inside) == (b.names, b.n_inside)
    for name in ("weights", "means", "scatters"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), **tolerance)


def test_pooled_they_are_what_a_discriminant_is_fitted_from(examples):
    pooled, collected = moments(*examples).pooled(), collect(*examples, 3)
    np.testing.assert_allclose(pooled.weights, collected.weights)
    np.testing.assert_allclose(pooled.means, collected.means)
    np.testing.assert_allclose(pooled.scatter, collected.scatter)


def test_what_is_learned_later_counts_as_if_it_had_been_there(examples):
    x, y, weights = examples
    first = np.arange(60) % 3 > 0
    later = moments(x[first], y[first], weights[first]).learn(x[~first], y[~first], weights[~first])
    assert_same(later, moments(*examples), atol=1e-12)


def test_they_are_kept_in_half_the_room(examples, tmp_path):
    kept = moments(*examples)
    kept.save(tmp_path / "moments.npz")
    assert_same(ClassMoments.load(tmp_path / "moments.npz"), kept, rtol=1e-6)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file"])
def test_a_broken_file_is_refused(content, tmp_path):
    (tmp_path / "moments.npz").write_bytes(content)
    with pytest.raises(BundleError, match=r"^moments.npz holds no moments of classes\.$"):
        ClassMoments.load(tmp_path / "moments.npz")


def test_what_is_drawn_has_their_mean_and_spread(examples):
    kept = moments(*examples)
    drawn = kept.draw(1, 4000, seed=3)
    np.testing.assert_allclose(drawn.mean(axis=0), kept.means[1], atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), kept.scatters[1] / kept.weights[1], atol=0.12)
    np.testing.assert_array_equal(drawn, kept.draw(1, 4000, seed=3))


def test_a_new_genre_comes_after_those_that_are_known(examples):
    wider = moments(*examples).with_genres(("ska",))
    assert (wider.names, wider.n_inside) == (("jazz", "rock", "ska", "speech"), 3)
    assert wider.weights[2] == 0
    x = np.full((5, 4), 9.0)
    learned = wider.learn(x, np.full(5, 2), np.ones(5))
    np.testing.assert_allclose(learned.means[2], 9.0)
    others = [0, 1, 3]
    kept = (learned.weights[others], learned.means[others], learned.scatters[others])
    assert_same(ClassMoments(NAMES, 2, *kept), moments(*examples))
