from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.heads.class_detector import ClassDetector, outside_log_odds


def test_the_score_is_the_log_odds_of_the_outside_classes():
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    assert np.allclose(outside_log_odds(np.log(p), 2), np.log([0.7 / 0.3, 0.2 / 0.8]))


def test_it_survives_being_saved(tmp_path):
    rng = np.random.default_rng(0)
    detector = ClassDetector(1e-3, rng.normal(size=(50, 12)), rng.normal(size=12), 10, 3.0)
    detector.save(tmp_path / "outside.npz")
    loaded = ClassDetector.load(tmp_path / "outside.npz")
    features = detector.features(rng.uniform(size=(4, 50)))[None]
    assert loaded.n_inside == 10
    assert np.allclose(loaded.score(features), detector.score(features), rtol=1e-4)


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "outside.npz", weights=np.ones(3))
    with pytest.raises(BundleError, match="no detector of other music"):
        ClassDetector.load(tmp_path / "outside.npz")
