from __future__ import annotations

import pytest

from ml.data.labelled_cache import read_labelled_cache
from ml.heads.wild import examples
from ml.heads.wild.examples import Choice, TwoWorlds
from ml.heads.wild.learning_curve import SHARES, learning_curve
from tests.ml.made_up import made_up_examples, write_labelled_cache

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    wild = read_labelled_cache(write_labelled_cache(tmp_path_factory.mktemp("wild")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "REPEATS", 1)
        worlds = TwoWorlds(made_up_examples(12), wild, None, 0)
    return learning_curve(worlds, Choice(0.01, "", 0.1, 1.0, 0.0, 1.0, 0.5, 0.5, 1.0, 0.5))


@pytest.mark.parametrize("by", ["tracks", "places"])
def test_it_goes_from_no_recording_to_all(rows, by):
    mine = [row for row in rows if row["by"] == by]
    assert [row["share"] for row in mine] == list(SHARES)
    counts = [row["n_tracks"] for row in mine]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] > 100  # of 120, less what is held out
    assert mine[-1]["accuracy"] > 0.9


def test_half_of_the_places_has_whole_places(rows):
    tracks, places = (
        next(row for row in rows if row["by"] == by and row["share"] == 0.5)
        for by in ("tracks", "places")
    )
    assert places["n_places"] < tracks["n_places"]


def test_with_all_recordings_both_are_the_same_head(rows):
    whole = [row | {"by": ""} for row in rows if row["share"] == 1]
    assert whole[0] == whole[1]
