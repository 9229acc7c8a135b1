from itertools import combinations

import numpy as np
import pytest

from ml.data.feature_cache import load_examples, read_kinds
from ml.data.gtzan import GENRES, PARTS, every_track, split, tracks, training_tracks
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


def test_every_track_has_no_recording_twice_and_no_contradiction():
    names = every_track()
    recordings = [tracks()[name].repeat_group for name in names]
    recordings = [recording for recording in recordings if recording]
    assert len(recordings) == len(set(recordings))
    assert set(names) >= set(split("test")) - {"rock.00016"}
    # One recording that stands in the collection as rock and as metal.
    assert {"metal.00058", "rock.00016"}.isdisjoint(names)


def test_patches_are_collected_by_track(tmp_path):
    first, second = split("train")[:2]
    tags = np.zeros((3, 50), np.float32)
    tags[0, 0], tags[2, 0], tags[1, 1] = 1, 3, 5
    np.savez(tmp_path / "musicnn_tags.npz", tags=tags, track=np.array([first, second, first]))
    examples = load_examples(tmp_path, split("train"))
    assert examples.names == [first, second]
    assert [len(rows) for rows in examples.tags] == [2, 1]
    assert examples.means(lambda rows: rows)[:, :2].tolist() == [[2, 0], [0, 5]]
    assert examples.y.tolist() == [GENRES.index(n.split(".")[0]) for n in (first, second)]


def test_other_sounds_are_collected_by_kind(tmp_path):
    tags = np.zeros((3, 50), np.float32)
    np.savez(
        tmp_path / "made.npz", tags=tags, track=["a", "b", "a"], kind=["speech", "noise", "speech"]
    )
    kinds = read_kinds(tmp_path / "made.npz")
    assert {kind: [len(clip) for clip in clips] for kind, clips in kinds.items()} == {
        "speech": [2],
        "noise": [1],
    }
    np.savez(tmp_path / "zouk.npz", tags=tags, track=["a", "b", "c"])
    assert {kind: len(clips) for kind, clips in read_kinds(tmp_path / "zouk.npz").items()} == {
        "zouk": 3
    }
    assert set(read_kinds(tmp_path / "zouk.npz", "of another name")) == {"of another name"}


def test_a_missing_or_foreign_cache_is_one_sentence(tmp_path):
    with pytest.raises(DatasetError, match="not a feature cache"):
        load_examples(tmp_path, split("train"))
    path = tmp_path / "musicnn_tags.npz"
    for broken in (
        {"tags": np.zeros((2, 50)), "track": np.array(["x"])},
        {"tags": np.full((1, 50), np.nan), "track": np.array(["x"])},
    ):
        np.savez(path, **broken)
        with pytest.raises(DatasetError, match="not a feature cache"):
            load_examples(tmp_path, split("train"))
    np.savez(path, tags=np.zeros((1, 50)), track=np.array(["x"]))
    with pytest.raises(DatasetError, match="none of the wanted"):
        load_examples(tmp_path, split("train"))


def test_an_unknown_part_is_refused():
    with pytest.raises(DatasetError, match="holdout"):
        split("holdout")
