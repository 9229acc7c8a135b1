import numpy as np
import pytest

from ml.families.mel_cnn import augmentation


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def segments(rng) -> np.ndarray:
    return rng.uniform(-80, 0, (50, 20, 16)).astype(np.float32)


def test_crops_are_pieces_of_their_owners(rng):
    clips = np.arange(3 * 30 * 4, dtype=np.float32).reshape(3, 30, 4)
    crops, owners = augmentation.random_crops(clips, rng, count=5, frames=10)
    assert crops.shape == (15, 10, 4)
    assert np.bincount(owners).tolist() == [5, 5, 5]
    starts = set()
    for crop, owner in zip(crops, owners, strict=True):
        start = int(crop[0, 0] - clips[owner, 0, 0]) // 4
        assert np.array_equal(crop, clips[owner, start : start + 10])
        starts.add(start)
    assert len(starts) > 5


def test_a_crop_may_be_the_whole_clip(rng):
    clips = rng.normal(size=(2, 10, 4))
    crops, owners = augmentation.random_crops(clips, rng, count=1, frames=10)
    assert np.allclose(crops, clips[owners])


def test_levels_shift_each_segment_by_its_own_amount_and_stop_at_the_floor(rng, segments):
    shifted = augmentation.shift_level(segments, rng, gain_db=6)
    assert shifted.min() == -80
    loud = segments > -70
    shifts = [float((b - a)[m].mean()) for a, b, m in zip(segments, shifted, loud, strict=True)]
    assert max(shifts) <= 6
    assert min(shifts) >= -6
    assert np.std(shifts) > 2
    for a, b, m, shift in zip(segments, shifted, loud, shifts, strict=True):
        assert np.allclose((b - a)[m], shift, atol=1e-4)


def test_masks_blank_one_stretch_of_time_and_one_of_frequency(rng, segments):
    masked = augmentation.mask(segments, rng, time=5, frequency=4)
    blank = masked != segments
    frames, bands = blank.all(axis=2).sum(axis=1), blank.all(axis=1).sum(axis=1)
    assert frames.max() == 5
    assert bands.max() == 4
    assert frames.min() == bands.min() == 0
    means = np.broadcast_to(segments.mean(axis=(1, 2), keepdims=True), segments.shape)
    assert np.allclose(masked[blank], means[blank])
    for one in blank.all(axis=2):
        assert np.count_nonzero(np.diff(one.astype(int))) <= 2  # in a row


def test_nothing_is_masked_where_nothing_is_asked_for(rng, segments):
    assert np.array_equal(augmentation.mask(segments, rng, time=0, frequency=0), segments)


def test_one_seed_gives_one_epoch(segments):
    def epoch(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        x = augmentation.shift_level(segments, rng, gain_db=3.0)
        return augmentation.mask(x, rng, time=3, frequency=3)

    assert np.array_equal(epoch(1), epoch(1))
    assert not np.array_equal(epoch(1), epoch(2))
