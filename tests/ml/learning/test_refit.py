"""A head and a detector that are fitted again from what was shipped, with what people said."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.learning.base import can_teach, load_base
from ml.learning.refit import Settings, refit, shipped
from ml.learning.taught import NONE
from ml.registry.bundles import SHIPPED
from tests.made_up_music import ballads, base, each_genre, music, taught

NOTHING = taught((music("rock", 1), "rock")).take(np.array([], int))


def test_what_is_shipped_gives_the_shipped_head_and_detector():
    """From the sums alone, without a recording."""
    again, first = refit(base(), NOTHING, Settings(1, 1)), shipped(base())
    # The card's numbers have seven digits, the detector's file is of single precision.
    np.testing.assert_allclose(again.kernel, first.kernel, atol=1e-6)
    np.testing.assert_allclose(again.bias, first.bias, atol=1e-5)
    for mine, theirs in zip(again.detector.members, first.detector.members, strict=True):
        np.testing.assert_allclose(mine.kernel, theirs.kernel, atol=1e-3)
    x, _ = base().drawn
    np.testing.assert_allclose(again.detector.score(x), first.detector.score(x), atol=1e-3)
    assert again.threshold == pytest.approx(first.threshold, abs=0.05)


def test_a_bundle_without_what_it_learned_cannot_learn_on():
    card = SHIPPED.card("musicnn-gtzan-2")
    assert not can_teach(card)
    with pytest.raises(BundleError, match=r"^musicnn-gtzan-2 was shipped without what its head"):
        load_base(card)


def test_a_kind_that_was_wrong_is_right_afterwards():
    lesson = taught(*each_genre(8), (ballads(30), "country"))
    fresh = ballads(100, seed=9)
    assert (shipped(base()).answer(fresh).headlines == "pop").mean() > 0.8
    assert (refit(base(), lesson, Settings(3, 1)).answer(fresh).headlines == "country").mean() > 0.8


def test_what_people_say_is_none_is_refused_more_and_nothing_else_is():
    lesson = taught(*each_genre(8), (music("electronic dance", 60), NONE))
    first, after = shipped(base()), refit(base(), lesson, Settings(1, 30))
    fresh = music("electronic dance", 300, seed=9)
    assert after.answer(fresh).refused.mean() > first.answer(fresh).refused.mean() + 0.03
    x, _ = base().drawn
    assert after.answer(x).refused.mean() == pytest.approx(
        first.answer(x).refused.mean(), abs=0.001
    )


def test_a_flood_of_one_kind_draws_a_genre_no_further_than_half_way():
    """However many say it, and however much is trusted in them."""
    strange = music("jazz", 1) + 40.0
    far = taught((np.repeat(strange, 400, axis=0), "metal"), per_artist=1)
    much, more = (refit(base(), far, Settings(trust, 1)) for trust in (30, 3000))
    np.testing.assert_allclose(much.kernel, more.kernel)


def test_an_artist_with_many_songs_is_one_voice_among_others():
    x = ballads(40)
    by_one, by_many = (
        refit(base(), taught((x, "country"), per_artist=n), Settings(1, 1)) for n in (40, 1)
    )
    fresh = ballads(100, seed=9)
    shares = [(head.answer(fresh).genres == "country").mean() for head in (by_one, by_many)]
    assert shares[0] < shares[1]


def test_a_new_genre_stands_beside_those_that_are_known():
    kinds = taught(*each_genre(6), (music("phonk", 40), "phonk"))
    fitted = refit(base(), kinds, Settings(1, 1, ("phonk",), (1.0,)))
    assert fitted.labels == (*base().card.labels, "phonk")
    fresh = music("phonk", 200, seed=9)
    first, after = shipped(base()).answer(fresh), fitted.answer(fresh)
    assert first.refused.mean() > 0.7  # it was other music, and is inside now
    assert (after.headlines == "phonk").mean() > 0.8
    assert fitted.detector.members[0].n_inside == 11
    # The kind is no other music any more, for which a column less is left.
    assert len(fitted.detector.members[0].bias) == len(base().detector.members[0].bias)
    x, y = base().drawn
    right = [
        (head.answer(x).logits.argmax(axis=1) == y).mean() for head in (shipped(base()), fitted)
    ]
    assert right[1] > right[0] - 0.02


def test_what_is_added_to_a_new_genre_draws_answers_towards_it():
    kinds = taught(*each_genre(6), (music("latin", 40), "latin"))
    fresh = music("latin", 200, seed=9)
    shares = [
        (
            refit(base(), kinds, Settings(1, 1, ("latin",), (offset,))).answer(fresh).genres
            == "latin"
        )
        for offset in (-2.0, 2.0)
    ]
    assert shares[0].mean() < shares[1].mean()


def test_a_genre_without_an_example_is_never_answered():
    fitted = refit(base(), taught(*each_genre(6)), Settings(1, 1, ("ska",), (6.0,)))
    x, _ = base().drawn
    assert "ska" not in fitted.answer(x).genres
    assert np.isfinite(fitted.answer(x).probabilities).all()
