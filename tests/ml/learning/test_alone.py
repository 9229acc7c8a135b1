"""A model of somebody's own genres alone."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import DatasetError
from ml.learning.alone import fit_alone, learn_alone, refit_alone
from ml.learning.gates import judge_alone
from ml.learning.taught import NONE
from tests.made_up_music import base, music, taught

LABELS = ("chant", "my rock", "phonk")
KINDS = ("Islamic recitation & song", "rock", "phonk")


@pytest.fixture(scope="module")
def lesson():
    parts = [(music(kind, 30), label) for kind, label in zip(KINDS, LABELS, strict=True)]
    return taught(*parts, drawn=False)


@pytest.fixture(scope="module")
def learned(lesson):
    return learn_alone(base(), lesson, LABELS)


def test_it_knows_its_genres_and_refuses_those_that_the_other_model_knows(learned):
    fitted = learned.fitted
    assert fitted.labels == LABELS
    for kind, label in zip(KINDS, LABELS, strict=True):
        assert (fitted.answer(music(kind, 200, seed=9)).headlines == label).mean() > 0.8
    for kind in ("jazz", "classical", "no music"):
        assert fitted.answer(music(kind, 200, seed=9)).refused.mean() > 0.8


def test_its_own_music_is_refused_as_seldom_as_the_budget_says(lesson, learned):
    assert learned.answers.refused.mean() <= base().refused_of_training
    assert learned.levels
    assert learned.report["out_of_fold"]["right"] > 0.85 * len(lesson)


def test_fitted_again_it_is_the_same(lesson, learned):
    report = learned.report
    again = refit_alone(
        base(), lesson, labels=LABELS, scale=report["scale"], shift=report["threshold_shift"]
    )
    np.testing.assert_allclose(again.kernel, learned.fitted.kernel)
    assert again.threshold == learned.fitted.threshold


def test_its_gates_ask_what_can_be_asked(lesson, learned):
    gates = {
        gate.key: gate.state
        for gate in judge_alone(base(), lesson, learned.fitted, learned.answers)
    }
    assert gates == {
        "genre chant": "passed", "genre my rock": "passed", "genre phonk": "passed",
        "artists": "passed", "refusals": "passed", "verdicts": "unknown",
    }  # fmt: skip


def test_two_names_for_the_same_music_fail():
    lesson = taught((music("rock", 30), "a"), (music("rock", 30, seed=8), "b"), drawn=False)
    learned = learn_alone(base(), lesson, ("a", "b"))
    found = judge_alone(base(), lesson, learned.fitted, learned.answers)
    wrong = [gate for gate in found if gate.state == "failed"]
    assert wrong
    assert "The others are most often taken for" in wrong[0].text


def test_what_is_none_of_them_may_be_taught_too(lesson):
    more = taught(
        *[(music(kind, 30), label) for kind, label in zip(KINDS, LABELS, strict=True)],
        (music("latin", 30), NONE),
        drawn=False,
    )
    fresh = music("latin", 200, seed=9)
    shares = [
        learn_alone(base(), part, LABELS).fitted.answer(fresh).refused.mean()
        for part in (lesson, more)
    ]
    assert shares[1] > shares[0]


def test_a_genre_without_an_example_is_never_answered(lesson):
    fitted = fit_alone(base(), lesson, (*LABELS, "ska"))
    assert "ska" not in fitted.answer(lesson.x).genres


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (("phonk",), "A model of one genre alone tells nothing: two are the least."),
        ((*LABELS, "ska"), "There are 0 recordings of ska by 0 artists: 20 by 8 are needed."),
    ],
)
def test_too_little_is_refused_in_a_sentence(labels, sentence, lesson):
    with pytest.raises(DatasetError, match=f"^{sentence}$"):
        learn_alone(base(), lesson, labels)
