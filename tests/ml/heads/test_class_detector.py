from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.heads.class_detector import ClassDetector, Member, outside_log_odds


def test_the_score_is_the_log_odds_of_the_outside_classes():
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    assert np.allclose(outside_log_odds(np.log(p), 2), np.log([0.7 / 0.3, 0.2 / 0.8]))


@pytest.fixture
def detector():
    rng = np.random.default_rng(0)
    members = (
        Member(rng.normal(size=(50, 14)), rng.normal(size=14), 10, 2, 3.0, centre=-1.0, scale=2.0),
        Member(rng.normal(size=(50, 12)), rng.normal(size=12), 10),
    )
    return ClassDetector(np.r_[np.full(40, 1e-3), np.full(10, 1e-8)], members)


def test_it_survives_being_saved(detector, tmp_path):
    detector.save(tmp_path / "outside.npz")
    loaded = ClassDetector.load(tmp_path / "outside.npz")
    features = detector.features(np.random.default_rng(1).uniform(size=(4, 50)))[None]
    assert [member.n_no_music for member in loaded.members] == [2, 1]
    assert np.allclose(loaded.score(features), detector.score(features), rtol=1e-4)
    assert np.allclose(loaded.features(np.zeros((1, 50))), detector.features(np.zeros((1, 50))))


def test_the_score_is_the_mean_of_the_standardised_members(detector):
    features = np.random.default_rng(1).normal(size=(3, 50))
    first, second = detector.members
    plain = outside_log_odds(first.logits(features), 10)
    assert np.allclose(detector.score(features), ((plain + 1) / 2 + second.score(features)) / 2)


def test_music_and_no_music_are_the_classes_after_the_genres():
    """Two kinds of music and one of no music after one genre."""
    member = Member(np.eye(4), np.zeros(4), 1)
    detector = ClassDetector(1e-3, (member,))
    music, speech = [0.0, 2.0, 1.0, 1.0], [9.0, 0.0, 0.0, 3.0]
    assert detector.is_music(np.array([music, speech])).tolist() == [True, False]


def test_a_detector_from_before_there_were_several_members_is_read(tmp_path):
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(50, 12)), rng.normal(size=12)
    np.savez(
        tmp_path / "outside.npz",
        clip_epsilon=np.float32(1e-3),
        class_kernel=kernel,
        class_bias=bias,
        n_inside=np.int32(10),
        temperature=np.float32(3),
    )
    loaded = ClassDetector.load(tmp_path / "outside.npz")
    x = rng.normal(size=(2, 50))
    assert np.allclose(loaded.score(x), outside_log_odds((x @ kernel + bias) / 3, 10))


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "outside.npz", weights=np.ones(3))
    with pytest.raises(BundleError, match="no detector of other music"):
        ClassDetector.load(tmp_path / "outside.npz")
