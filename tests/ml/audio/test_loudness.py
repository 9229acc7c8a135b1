import numpy as np
import pytest

from ml.audio.loudness import raise_level

QUIET = np.full(100, 0.05, np.float32)


def test_a_quiet_window_is_raised_to_the_level():
    assert raise_level(QUIET, -20.0) == pytest.approx(0.1)


def test_a_loud_window_and_one_without_a_level_stay_as_they_are():
    assert raise_level(QUIET, -40.0) is QUIET
    assert raise_level(QUIET, None) is QUIET


def test_a_noise_floor_is_raised_by_30_db_at_most():
    assert raise_level(QUIET * np.float32(1e-4), -20.0) == pytest.approx(0.05e-4 * 10**1.5)


def test_silence_and_nothing_stay_what_they_are():
    for samples in (np.zeros(5, np.float32), np.zeros(0, np.float32)):
        assert raise_level(samples, -20.0) is samples
