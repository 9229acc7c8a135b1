from __future__ import annotations

import numpy as np
import pytest

from ml.data.labelled_cache import read_labelled_cache
from ml.heads.wild.detector import JudgedOutside
from ml.heads.wild.sounds_like import Candidate, choose_words
from tests.ml.made_up import write_labelled_cache

pytestmark = pytest.mark.full

TECHNO = Candidate("techno", "techno", ("techno",))
SALSA = Candidate("salsa", "salsa", ("salsa",))
SPEECH = Candidate("speech", "speech", ("speech",), is_music=False)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A cache, and a judgement that refuses all that is outside and half of the kin."""
    wild = read_labelled_cache(write_labelled_cache(tmp_path_factory.mktemp("wild")))
    refused = (wild.roles == "out") | ((wild.roles == "near") & (np.arange(len(wild)) % 2 == 0))
    judged = JudgedOutside(np.where(refused, 1.0, -1.0), ~wild.is_no_music)
    return wild, [judged, judged]


def of(wild, kind, rng):
    return rng.normal(0, 1, len(wild)) + 8 * (wild.kinds == kind)


def test_a_word_that_holds_is_kept_with_its_rate(heard):
    wild, judged = heard
    rng = np.random.default_rng(0)
    features = {kind: of(wild, kind, rng) for kind in ("techno", "salsa", "speech")}
    rows = choose_words([TECHNO, SALSA, SPEECH], wild, features, judged)
    assert [row["words"] for row in rows] == ["techno", "speech"]  # there is no salsa
    assert [row["is_music"] for row in rows] == [True, False]
    for row, n in zip(rows, (24, 12), strict=True):
        assert row["right"] > 0.75
        assert row["n"] == pytest.approx(n, abs=6)
        said = (features[row["tag"]] > row["least"]) & judged[0].refused
        assert said[wild.kinds == row["tag"]].all()
        assert row["scale"] == pytest.approx(1, abs=0.2)


def test_a_word_that_says_nothing_is_left_out(heard):
    wild, judged = heard
    soul = Candidate("soul", "soul", ("soul",))  # a fifth of what is refused as music
    features = {"soul": np.random.default_rng(0).normal(size=len(wild))}
    assert choose_words([soul], wild, features, judged) == []


def test_of_two_words_the_one_further_above_its_bound_is_said(heard):
    wild, judged = heard
    rng = np.random.default_rng(0)
    features = {"techno": of(wild, "techno", rng), "salsa": of(wild, "techno", rng) / 2}
    also = Candidate("salsa", "salsa", ("techno",))
    rows = choose_words([TECHNO, also], wild, features, judged)
    assert sum(row["n"] for row in rows) <= judged[0].refused.sum()
