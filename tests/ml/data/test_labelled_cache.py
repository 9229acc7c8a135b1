from __future__ import annotations

import csv

import numpy as np
import pytest

from ml.data.labelled_cache import COLUMNS, place_folds, read_labelled_cache
from ml.errors import DatasetError
from ml.heads.linear_head import log_odds
from tests.ml.made_up import write_labelled_cache


@pytest.fixture
def folder(tmp_path):
    return write_labelled_cache(tmp_path / "wild")


def change_row(folder, line, **values):
    with (folder / "tracks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[line] |= values
    with (folder / "tracks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def change_features(folder, **arrays):
    with np.load(folder / "features.npz") as file:
        old = dict(file)
    np.savez(folder / "features.npz", **old | arrays)


def test_a_cache_is_read_track_by_track(folder):
    cache = read_labelled_cache(folder)
    assert len(cache) == len(cache.tags) == len(cache.y) == len(set(cache.fingerprints))
    assert (cache.is_known | cache.is_other_music | cache.is_no_music).sum() < len(cache)
    assert set(cache.y[cache.is_known]) == set(range(10))
    assert set(cache.y[~cache.is_known]) == {-1}
    assert cache.means(lambda tags: tags).shape == (len(cache), 50)


def test_a_fingerprint_is_of_the_tags_alone(folder):
    before = read_labelled_cache(folder).fingerprints
    change_row(folder, 0, track="another name", place="elsewhere")
    with np.load(folder / "features.npz") as file:
        names, tags = file["track"].tolist(), file["musicnn_tags"].astype(np.float64)
    change_features(folder, track=np.array(["another name", *names[1:]]), musicnn_tags=tags)
    assert read_labelled_cache(folder).fingerprints == before


@pytest.mark.full
def test_no_place_and_no_artist_is_on_both_sides_of_a_fold(folder):
    cache = read_labelled_cache(folder)
    folds = place_folds(cache, 4, seed=1)
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(len(cache)))
    for learn, held in folds:
        assert not set(cache.places[learn]) & set(cache.places[held])
        assert not set(cache.artist_ids[learn]) & set(cache.artist_ids[held])
    # An artist who is in several places was taken from the learning side somewhere.
    assert sum(len(learn) + len(held) for learn, held in folds) < 4 * len(cache)


@pytest.mark.full
def test_places_are_held_out_only_where_there_are_enough(folder):
    with pytest.raises(DatasetError, match="places: 99 are needed"):
        place_folds(read_labelled_cache(folder), 99, seed=0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"role": "inside"}, "line 2: the role 'inside' is none of in, out, near, amb"),
        ({"label": "zouk"}, "line 2: the label 'zouk' is none of the ten genres"),
        ({"label_strength": "C"}, "the label_strength 'C' is none of A, B"),
        ({"place": ""}, "it has no place"),
        ({"track": ""}, "is empty or there twice"),
    ],
)
def test_a_wrong_row_is_named(folder, values, sentence):
    change_row(folder, 0, **values)
    with pytest.raises(DatasetError, match=sentence):
        read_labelled_cache(folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no column 'track'"),
        ("track,role\n", "has no column 'label'"),
        (",".join(COLUMNS) + "\n", "names no track"),
        (",".join(COLUMNS) + "\na,in\n", "too few columns"),
    ],
)
def test_a_table_that_is_none_is_refused(folder, text, sentence):
    (folder / "tracks.csv").write_text(text)
    with pytest.raises(DatasetError, match=sentence):
        read_labelled_cache(folder)


def test_features_that_do_not_fit_the_table_are_refused(folder):
    with np.load(folder / "features.npz") as file:
        old = dict(file)
    for arrays, sentence in (
        ({"track": old["track"][::-1]}, "in the same order"),
        ({"patch_count": old["patch_count"] + 1}, "50 tags of each patch"),
        ({"patch_count": old["patch_count"] * 0}, "50 tags of each patch"),
        ({"musicnn_tags": old["musicnn_tags"] + 2}, "not between 0 and 1"),
        ({"musicnn_tags": old["musicnn_tags"] * np.nan}, "not between 0 and 1"),
    ):
        change_features(folder, **old | arrays)
        with pytest.raises(DatasetError, match=sentence):
            read_labelled_cache(folder)


def test_files_that_are_not_there_are_one_sentence(folder):
    (folder / "features.npz").write_bytes(b"no zip")
    with pytest.raises(DatasetError, match="not a file of features"):
        read_labelled_cache(folder)
    with pytest.raises(DatasetError, match="not a table of tracks"):
        read_labelled_cache(folder / "nowhere")


def test_yamnet_s_logits_are_means_over_a_track_s_windows(tmp_path):
    folder = write_labelled_cache(tmp_path, with_yamnet=True)
    cache = read_labelled_cache(folder)
    with np.load(folder / "features.npz") as file:
        windows = file["yamnet_logits"][:2].astype(float)
    assert np.allclose(cache.yamnet[0], windows.mean(axis=0))
    assert read_labelled_cache(write_labelled_cache(tmp_path / "one")).yamnet is None


def test_the_log_odds_of_the_tags_of_two_networks_are_the_mean_logits(tmp_path):
    cache = read_labelled_cache(write_labelled_cache(tmp_path, with_yamnet=True))
    tags = cache.tags_of_two([0, 300])
    assert np.array_equal(tags[0][:, :50], cache.tags[0])
    found = np.stack([log_odds(rows, 1e-8).mean(axis=0)[50:] for rows in tags])
    assert np.allclose(found, cache.yamnet[:, [0, 300]])


@pytest.mark.parametrize("fault", ["window_count", "yamnet_logits"])
def test_logits_that_do_not_fit_are_refused(tmp_path, fault):
    folder = write_labelled_cache(tmp_path, with_yamnet=True)
    with np.load(folder / "features.npz") as file:
        arrays = dict(file)
    arrays[fault] = arrays[fault][:-1]
    np.savez(folder / "features.npz", **arrays)
    with pytest.raises(DatasetError, match="521 logits of each window"):
        read_labelled_cache(folder)
