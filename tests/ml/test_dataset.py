from itertools import combinations

import numpy as np
import pytest

from ml.dataset import GENRES, PARTS, load_tag_means, split, tracks, training_tracks
from ml.errors import DatasetError


def test_the_split_has_443_197_and_290_tracks():
    assert [len(split(part)) for part in PARTS] == [443, 197, 290]


def test_every_track_of_the_split_is_a_track_of_gtzan():
    assert len(tracks()) == 1000
    assert {track.genre for track in tracks().values()} == set(GENRES)
    assert all(name in tracks() for part in PARTS for name in split(part))


@pytest.mark.parametrize(("one", "other"), list(combinations(PARTS, 2)))
def test_no_track_or_recording_is_in_two_parts(one, other):
    assert set(split(one)).isdisjoint(split(other))
    recordings = [{tracks()[name].repeat_group for name in split(p)} - {""} for p in (one, other)]
    assert recordings[0].isdisjoint(recordings[1])


def test_training_hears_no_track_recording_or_artist_of_the_test_part():
    test = [tracks()[name] for name in split("test")]
    training = [tracks()[name] for name in training_tracks()]
    for attribute in ("name", "artist", "repeat_group"):
        sides = [{getattr(t, attribute) for t in side} - {""} for side in (test, training)]
        assert sides[0].isdisjoint(sides[1]), attribute
    # 23 tracks of ten artists are left out for it, no more.
    assert len(training) == 443 + 197 - 23


def test_features_are_averaged_by_track(tmp_path):
    first, second = split("train")[:2]
    tags = np.zeros((3, 50), np.float32)
    tags[0, 0], tags[1, 0], tags[2, 1] = 1, 3, 5
    np.savez(tmp_path / "musicnn_tags.npz", tags=tags, track=np.array([first, first, second]))
    examples = load_tag_means(tmp_path, split("train"))
    assert examples.names == [first, second]
    assert examples.x[:, :2].tolist() == [[2, 0], [0, 5]]
    assert examples.y.tolist() == [GENRES.index(n.split(".")[0]) for n in (first, second)]


def test_a_missing_or_foreign_cache_is_one_sentence(tmp_path):
    with pytest.raises(DatasetError, match="not a feature cache"):
        load_tag_means(tmp_path, split("train"))
    np.savez(tmp_path / "musicnn_tags.npz", tags=np.zeros((1, 50)), track=np.array(["x"]))
    with pytest.raises(DatasetError, match="none of the wanted"):
        load_tag_means(tmp_path, split("train"))


def test_an_unknown_part_is_refused():
    with pytest.raises(DatasetError, match="holdout"):
        split("holdout")
