from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.heads.class_statistics import collect
from ml.heads.mixed_discriminant import MixedDiscriminant, discriminant_logits


@pytest.fixture
def head():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 30)
    x = rng.normal(size=(90, 5)) + 2 * np.eye(3, 5)[y]
    statistics = collect(x, y, np.ones(90), 3)
    return MixedDiscriminant(statistics, 0.2, rng.normal(size=(3, 3)), rng.normal(size=3))


def test_it_is_the_mixed_logits_of_the_discriminant(head):
    x = np.random.default_rng(1).normal(size=(4, 5))
    kernel, bias = discriminant_logits(head.statistics, 0.2)
    mixed_kernel, mixed_bias = head.linear()
    expected = (x @ kernel + bias) @ head.mixing + head.mixing_bias
    assert np.allclose(x @ mixed_kernel + mixed_bias, expected)


def test_its_head_can_be_computed_again_from_the_file(head, tmp_path):
    head.save(tmp_path / "statistics.npz")
    loaded = MixedDiscriminant.load(tmp_path / "statistics.npz")
    for a, b in zip(loaded.linear(), head.linear(), strict=True):
        assert np.array_equal(a, b)


def test_it_learns_more_without_its_first_examples(head):
    x = np.tile([[0.0, 0.0, 0.0, 5.0, 0.0]], (20, 1)) + np.eye(20, 5)
    more = head.learn(collect(x, np.full(20, 1), np.ones(20), 3))
    kernel, bias = discriminant_logits(more.statistics, 0.2)
    old_kernel, old_bias = discriminant_logits(head.statistics, 0.2)
    for_one = (x @ kernel + bias)[:, 1] - (x @ kernel + bias)[:, 0]
    before = (x @ old_kernel + old_bias)[:, 1] - (x @ old_kernel + old_bias)[:, 0]
    assert for_one.mean() > before.mean()
    assert np.array_equal(more.mixing, head.mixing)


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "statistics.npz", scatter=np.ones(3))
    with pytest.raises(BundleError, match="no statistics of a head"):
        MixedDiscriminant.load(tmp_path / "statistics.npz")
