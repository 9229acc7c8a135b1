from __future__ import annotations

import numpy as np

from ml.heads.imputation import fit_imputation


def made_up(n=400):
    """Three features, and two that follow from them."""
    rng = np.random.default_rng(0)
    given = rng.normal(size=(n, 3)) * [1, 5, 0.1]
    others = given @ rng.normal(size=(3, 2)) + 0.01 * rng.normal(size=(n, 2))
    return np.concatenate([given, others], axis=1)


def test_what_is_missing_is_predicted_and_what_is_known_stays():
    x = made_up()
    gaps = x.copy()
    gaps[300:, 3:] = np.nan
    filled = fit_imputation(gaps, 3).fill(gaps)
    assert np.array_equal(filled[:300], x[:300])
    assert np.corrcoef(filled[300:, 3], x[300:, 3])[0, 1] > 0.99


def test_a_track_with_gaps_teaches_nothing():
    x = made_up()
    x[0] = [1e6, 1e6, 1e6, np.nan, np.nan]
    assert np.array_equal(fit_imputation(x, 3).kernel, fit_imputation(x[1:], 3).kernel)


def test_a_head_without_the_others_is_the_head_of_the_filled_features():
    x = made_up()
    imputation = fit_imputation(x, 3)
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(5, 4)), rng.normal(size=4)
    gaps = x.copy()
    gaps[:, 3:] = np.nan
    alone_kernel, alone_bias = imputation.without(kernel, bias)
    assert np.allclose(x[:, :3] @ alone_kernel + alone_bias, imputation.fill(gaps) @ kernel + bias)
