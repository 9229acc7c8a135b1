"""Candidates that must not serve are refused, each by the gate that is for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.learning.gates import Compared, failed, judge, sign_test
from ml.learning.learned import learn
from ml.learning.refit import Fitted, shipped
from ml.learning.taught import NONE, Taught
from tests.made_up_music import ballads, base, each_genre, music, taught


def compared(lesson: Taught, change=lambda fitted: fitted) -> Compared:
    first, learned = shipped(base()), learn(base(), lesson)
    return Compared(
        base(), lesson, first, change(learned.fitted), first.answer(lesson.x), learned.answers
    )


def states(found: Compared, changed: int = 0, stored: int = 100, demos=(0, 0)) -> dict[str, str]:
    gates = judge(found, changed=changed, stored=stored, most_drift=0.1, demos=demos)
    assert all(gate.text.endswith(".") for gate in gates)
    return {gate.key: gate.state for gate in gates}


@pytest.fixture(scope="module")
def good():
    return compared(taught(*each_genre(8), (ballads(30), "country")))


def test_one_that_learned_something_passes(good):
    assert set(states(good).values()) == {"passed"}


def test_a_poisoned_set_is_refused(good):
    """Two hundred times jazz is said to be metal, beside what is right."""
    lesson = taught(*each_genre(12), (music("jazz", 200), "metal"), drawn=False)
    assert states(compared(lesson))["knew"] == "failed"


def test_a_flood_of_one_genre_is_refused():
    parts = [(music(label, 50), "pop") for label in ("pop", "disco", "rock", "hiphop")]
    assert states(compared(taught(*parts, drawn=False)))["balance"] == "failed"


def test_a_genre_of_too_few_artists_is_refused():
    lesson = taught(*each_genre(8), (ballads(30), "country"))
    groups = np.where(lesson.said == "country", "one singer", lesson.groups)
    assert states(compared(replace(lesson, groups=groups)))["artists"] == "failed"


@pytest.mark.parametrize("threshold", [-50.0, 50.0])
def test_a_detector_that_refuses_all_or_nothing_is_refused(threshold):
    def broken(fitted: Fitted) -> Fitted:
        return replace(fitted, threshold=threshold)

    lesson = taught(*each_genre(8), (ballads(30), "country"))
    assert states(compared(lesson, broken))["refusals"] == "failed"


def test_music_that_is_refused_is_lost(good):
    """Though the head still tells its genre, and the total that is refused may be as before."""
    music_refused = replace(good.candidate, threshold=-50.0)
    found = states(replace(good, candidate=music_refused))
    assert found["knew"] == "failed"


def test_a_candidate_that_is_worse_on_the_audit_is_refused(good):
    """Though it is better on all that people judged."""
    audit = np.arange(len(good.taught)) < 40
    wrong = good.after.logits.copy()
    wrong[:20] = -wrong[:20]
    after = replace(good.after, logits=wrong, probabilities=_softmax(wrong))
    lesson = replace(good.taught, drawn=audit)
    found = states(replace(good, taught=lesson, after=after))
    assert found["audit"] == "failed"


def test_it_must_keep_what_people_confirmed(good):
    def forgetful(head: Fitted) -> Fitted:
        bias = head.bias.copy()
        bias[base().card.labels.index("reggae")] -= 20.0
        return replace(head, bias=bias)

    found = states(replace(good, candidate=forgetful(good.candidate)))
    assert (found["controls"], found["knew"]) == ("failed", "failed")


@pytest.mark.parametrize(
    ("changed", "stored", "state"), [(10, 100, "passed"), (11, 100, "failed"), (1, 19, "unknown")]
)
def test_it_may_change_so_many_answers_and_no_more(good, changed, stored, state):
    assert states(good, changed, stored)["drift"] == state


@pytest.mark.parametrize(("demos", "state"), [((1, 6), "passed"), ((2, 6), "failed")])
def test_it_must_keep_its_answers_to_the_demo_tracks(good, demos, state):
    assert states(good, demos=demos)["controls"] == state


def test_percentages_that_are_less_true_are_refused(good):
    sure = good.after.logits * 6
    after = replace(good.after, logits=sure, probabilities=_softmax(sure))
    assert states(replace(good, after=after))["calibration"] == "failed"


def test_where_little_is_drawn_at_random_it_says_that_it_cannot_tell():
    lesson = taught((music("electronic dance", 30), NONE), drawn=False)
    gates = judge(compared(lesson), changed=0, stored=0, most_drift=0.1)
    found = {gate.key: gate.state for gate in gates}
    for key in ("audit", "calibration", "balance", "drift"):
        assert found[key] == "unknown"
    assert not failed(gates)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (9, 1, 0.0215)]
)
def test_the_sign_test_is_exact(won, lost, p):
    assert sign_test(won, lost) == pytest.approx(p, abs=1e-4)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("kind", "state"), [("phonk", "passed"), ("folk & acoustic", "failed")])
def test_a_new_genre_must_be_told_apart(kind, state):
    lesson = taught(*each_genre(6), (music(kind, 40), "new"))
    first, learned = shipped(base()), learn(base(), lesson, ("new",))
    found = Compared(base(), lesson, first, learned.fitted, first.answer(lesson.x), learned.answers)
    gates = {gate.key: gate for gate in judge(found, changed=0, stored=100, most_drift=0.1)}
    assert gates["genre new"].state == state
    others = {key: gate.state for key, gate in gates.items() if key != "genre new"}
    assert set(others.values()) == {"passed"}
    if state == "failed":
        assert "The others are most often taken for rock." in gates["genre new"].text
