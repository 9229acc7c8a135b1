"""Learning on: how much is trusted, what is told out of fold, and what is too little."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import DatasetError
from ml.learning.learned import learn
from ml.learning.refit import shipped
from ml.learning.taught import NONE
from ml.learning.trial import GENRE_LOST, lost_by_genre
from tests.made_up_music import ballads, base, each_genre, music, taught


@pytest.fixture(scope="module")
def lesson():
    return taught(*each_genre(8), (ballads(30), "country"))


@pytest.fixture(scope="module")
def learned(lesson):
    return learn(base(), lesson)


def test_folds_hold_out_whole_artists_and_all_of_them(lesson):
    held_out = np.concatenate([held for _, held in lesson.folds()])
    assert sorted(held_out.tolist()) == list(range(len(lesson)))
    for known, held in lesson.folds():
        assert not set(lesson.groups[known]) & set(lesson.groups[held])


def test_it_is_told_by_heads_that_heard_none_of_the_artist(lesson, learned):
    right = learned.answers.headlines == lesson.said
    assert learned.report["out_of_fold"]["right"] == right.sum()
    assert right.mean() > (shipped(base()).answer(lesson.x).headlines == lesson.said).mean() + 0.1


def test_it_trusts_no_further_than_what_it_knew_allows(learned):
    assert max(lost_by_genre(base(), learned.fitted).values()) <= GENRE_LOST


def test_probabilities_are_scaled_by_what_was_drawn_at_random_alone(lesson, learned):
    assert learned.scale != 1.0
    picked = taught(*each_genre(8), (ballads(30), "country"), drawn=False)
    assert learn(base(), picked).scale == 1.0
    assert learned.levels is not None
    assert sum(level["share"] for level in learned.levels) == pytest.approx(1.0, abs=1e-3)


def test_the_threshold_is_raised_for_music_that_is_refused_wrongly():
    """And no further than other music allows."""
    refused = learn(base(), taught(*each_genre(8), (music("phonk", 40), "hiphop")))
    assert refused.report["threshold_shift"] > 0
    other = [
        head.answer(base().other_music).refused.mean() for head in (shipped(base()), refused.fitted)
    ]
    assert other[1] > other[0] - 0.1


@pytest.mark.parametrize(
    ("n", "per_artist", "sentence"),
    [
        (19, 1, "People have judged 19 recordings that can be learned from: learning needs 20"),
        (40, 8, "The 40 recordings are of 5 artists: learning needs 8, so that some can be kept"),
        (0, 1, "People have judged 0 recordings"),
    ],
)
def test_too_little_is_refused_in_a_sentence(n, per_artist, sentence):
    few = taught((ballads(max(n, 1)), NONE), per_artist=per_artist).take(np.arange(n))
    with pytest.raises(DatasetError, match=f"^{sentence}"):
        learn(base(), few)


def test_it_learns_from_refusals_alone():
    alone = learn(base(), taught((music("chiptune & game", 40), NONE)))
    assert alone.levels is None
    assert alone.report["out_of_fold"]["ece"] is None
