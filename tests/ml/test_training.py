import numpy as np
import pytest

from ml.dataset import Examples
from ml.training import train_head


@pytest.fixture
def examples() -> Examples:
    """Ten genres, each with its own three loud tags; two tracks an artist."""
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(10), 24)
    x = rng.uniform(0, 0.2, (len(y), 50))
    for i, genre in enumerate(y):
        x[i, genre * 3 : genre * 3 + 3] += 0.5
    groups = [f"artist {i // 2}" for i in range(len(y))]
    return Examples([f"track {i}" for i in range(len(y))], x, y, groups)


def test_the_head_learns_what_can_be_learned(examples):
    head = train_head(examples)
    assert (head.probabilities(examples.x).argmax(axis=1) == examples.y).mean() > 0.98
    assert head.report["cross_validation"]["accuracy"] > 0.95
    assert head.report["n_artists"] == 120


def test_one_seed_gives_one_head(examples):
    one, other = train_head(examples, seed=5), train_head(examples, seed=5)
    assert np.array_equal(one.kernel, other.kernel)
    assert one.report == other.report


def test_the_folded_head_is_linear_in_raw_tags(examples):
    head = train_head(examples)
    logits = examples.x @ head.kernel + head.bias
    of_mean = examples.x.mean(axis=0) @ head.kernel + head.bias
    assert np.allclose(logits.mean(axis=0), of_mean)
