"""Plans: what is written and what is left, and that a changed plan is not done."""

from __future__ import annotations

import contextlib
import json

import pytest

from ml.collection.hearing import Found
from ml.collection.own_budget import OwnPoint
from ml.collection.plan import (
    Budget,
    Head,
    Line,
    PlanError,
    decide,
    expected_wrong,
    heard_file,
    keep_budget,
    read_plan,
    write_plan,
)
from ml.collection.tags import GENRE, WROTE, write_fields
from ml.metrics.error_budget import Cut, Scale
from ml.registry.bundles import SHIPPED

SCALE = Scale(0.0, 1.0, 0.0)  # as probably right as it is sure
HEAD = Head(
    genre_plan=1, id="0a1b2c3d", made="2026-01-01", model="m-1", weights="0" * 64, budget=0.2,
    least=0.8,
)  # fmt: skip
BUDGET = Budget(0.2, Cut(least=0.8, n=100, wrong=10, at_most=0.15), 0.9)


@pytest.fixture
def heard(song, make_answer):
    def make(name="song.mp3", genre_there="", **answer):
        path = song(name, genre_there)
        return heard_file(Found(path, "heard", "a" * 64, make_answer(**answer)), SCALE, 0.0)

    return make


def test_a_file_without_a_genre_gets_one(heard):
    line = decide(heard(), BUDGET)
    assert (line.write, line.now, line.confidence) == ("Jazz", (), 0.91)
    assert line.right == pytest.approx(0.91, abs=1e-3)


def test_what_a_person_wrote_is_left_unless_told(heard):
    assert decide(heard(genre_there="Bebop"), BUDGET) == "person"
    assert decide(heard(genre_there="Bebop"), BUDGET, replace=True).write == "Jazz"


def test_what_it_wrote_itself_may_change(heard):
    file = heard()
    write_fields(file.path, {GENRE: ("Metal",), WROTE: ("Metal",)})
    again = heard_file(Found(file.path, "known", file.audio, file.answer), SCALE, 0.0)
    assert decide(again, BUDGET).now == ("Metal",)
    write_fields(file.path, {GENRE: ("Rock",), WROTE: ("Metal",)})  # then a person changed it
    again = heard_file(Found(file.path, "known", file.audio, file.answer), SCALE, 0.0)
    assert decide(again, BUDGET) == "person"


def test_the_others_are_left_with_their_reason(heard, tmp_path, make_answer):
    assert decide(heard(genre_there="Jazz"), BUDGET) == "same"
    assert decide(heard(confidence=0.7), BUDGET) == "unsure"
    assert decide(heard(confidence=0.7), None).write == "Jazz"
    assert decide(heard(above=0.5), BUDGET) == "refused"
    (tmp_path / "no.mp3").write_bytes(b"x")
    none = Found(tmp_path / "no.mp3", "heard", "a" * 64, make_answer())
    assert decide(heard_file(none, SCALE, 0.0), BUDGET) == "no tags"


def test_a_plan_is_read_as_it_was_written_whatever_its_names(heard, tmp_path):
    line = decide(heard("caf\udce9 夜.mp3"), BUDGET)
    write_plan(tmp_path / "plan", HEAD, [line])
    head, (read,) = read_plan(tmp_path / "plan")
    assert head == HEAD
    assert read.model_copy(update={"seal": ""}) == line


def edited(path, change) -> None:
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *change(rows)]) + "\n")


def test_lines_may_be_deleted_but_not_changed(heard, tmp_path):
    plan = tmp_path / "plan"
    lines = [decide(heard(f"{i}.mp3"), BUDGET) for i in range(3)]
    write_plan(plan, HEAD, lines)
    edited(plan, lambda rows: rows[1:])
    assert len(read_plan(plan)[1]) == 2
    edited(plan, lambda rows: [rows[0].replace('"Jazz"', '"Rock"'), rows[1]])
    with pytest.raises(PlanError, match=r"Line 2 .* was changed"):
        read_plan(plan)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "{}",
        '{"genre_plan": 2}',
        HEAD.model_dump_json() + "\n[1]",
        HEAD.model_dump_json() + "\n" + "[" * 50_000,
        HEAD.model_dump_json() + "\n" + "x" * 200_000,
        "caf\xe9",
    ],
)
def test_what_is_no_plan_is_refused_in_words(tmp_path, text):
    (tmp_path / "plan").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError):
        read_plan(tmp_path / "plan")


def test_a_plan_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "plan")


def test_about_how_many_will_be_wrong(heard):
    lines = [decide(heard(f"{i}.mp3", confidence=0.9), None) for i in range(4)]
    assert expected_wrong(lines, None) == pytest.approx(0.4, abs=1e-3)
    own = Budget(0.2, BUDGET.cut, 0.9, is_own=True)
    assert expected_wrong(lines, own) == pytest.approx(0.4)
    unknown = Line(**{**lines[0].model_dump(), "right": None})
    assert expected_wrong([*lines, unknown], None) is None


def test_the_shipped_model_keeps_what_its_card_says_and_says_what_it_cannot():
    curve = SHIPPED.card().budget
    budget = keep_budget(0.25, curve.points, curve.confidence, is_own=False)
    assert budget.cut.wrong / budget.cut.n < budget.cut.at_most <= 0.25
    with pytest.raises(PlanError, match=r"5% cannot be kept.* lowest that can be kept is \d+%"):
        keep_budget(0.05, curve.points, curve.confidence, is_own=False)
    with pytest.raises(PlanError, match="none can be kept"):
        keep_budget(0.05, [], 0.9, is_own=True)


def test_with_too_few_answers_nothing_is_said_to_be_wrong():
    points = [OwnPoint(0.5, 40, 0)]
    with pytest.raises(PlanError, match=r"Of the 81 answers that it takes, 40 could be compared"):
        keep_budget(0.25, points, 0.9, is_own=True)


@pytest.mark.parametrize("budget", [1e-17, 0.999_999])
def test_a_budget_of_any_size_is_answered(budget):
    with contextlib.suppress(PlanError):
        keep_budget(budget, SHIPPED.card().budget.points, 0.9, is_own=False)


def test_a_line_is_one_line_of_json(heard, tmp_path):
    write_plan(tmp_path / "plan", HEAD, [decide(heard(), BUDGET)])
    rows = (tmp_path / "plan").read_text().splitlines()
    assert [json.loads(row) for row in rows]
