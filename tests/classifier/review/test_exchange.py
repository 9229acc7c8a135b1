"""Verdicts go from one site to another, and out again."""

from __future__ import annotations

import json

import pytest

from classifier.learning.known import known
from classifier.models import Verdict
from classifier.review import audit, exchange, lasting
from ml.learning.base import load_base
from ml.registry.bundles import SHIPPED

SIZE = len(SHIPPED.card().tags)


@pytest.fixture
def verdicts(make_classification, admin_user):
    rows = [
        make_classification(
            title=f"Secret {i}", artist="The Band", genre="rock", reviewed_genre="pop",
            features=[i / 10] * SIZE,
        )
        for i in range(3)
    ]  # fmt: skip
    lasting.keep(rows, {}, admin_user, stream=Verdict.Stream.AUDIT)
    return list(Verdict.objects.order_by("pk"))


@pytest.fixture
def file(verdicts, run_command, tmp_path):
    path = tmp_path / "verdicts.jsonl"
    done = run_command("export_verdicts", str(path))
    assert done.out == f"{path}: 3 verdicts.\n"
    return path


def compared(verdict: Verdict) -> tuple:
    names = ("recording", "group", "space", "features", "label", "answer", "confidence", "person",
             "stream", "decided_at", "model_id", "source", "extent")  # fmt: skip
    return tuple(getattr(verdict, name) for name in names)


def test_a_line_has_the_numbers_and_no_name(file, verdicts):
    lines = file.read_text().splitlines()
    assert len(lines) == 3
    found = json.loads(lines[1])
    assert found["format"] == "genre-verdict-1"
    assert (found["label"], found["features"]) == ("pop", [0.1] * SIZE)
    assert found["space"] == SHIPPED.card().feature_space
    for secret in ("Secret", "Band", "admin", "id0000"):
        assert secret not in file.read_text()


def test_another_site_takes_them_and_removes_them_again(file, verdicts, run_command):
    Verdict.objects.all().delete()
    assert run_command("import_verdicts", str(file), "--origin", "bob").out == (
        "3 verdicts from bob taken.\n"
    )
    taken = Verdict.objects.order_by("pk")
    assert list(map(compared, taken)) == list(map(compared, verdicts))
    assert {verdict.origin for verdict in taken} == {"bob"}
    assert all(verdict.reviewer is None for verdict in taken)
    # Twice is once, and others' verdicts measure nothing here.
    run_command("import_verdicts", str(file), "--origin", "bob")
    assert Verdict.objects.count() == 3
    assert audit.report().n == 0
    assert run_command("import_verdicts", "--remove", "bob").out == (
        "3 verdicts from bob removed.\n"
    )
    assert not Verdict.objects.exists()


def test_own_ones_stay_and_what_came_through_another_is_marked_so(file, run_command, tmp_path):
    run_command("import_verdicts", str(file), "--origin", "bob")
    assert Verdict.objects.count() == 6
    both = tmp_path / "both.jsonl"
    run_command("export_verdicts", str(both))
    Verdict.objects.all().delete()
    run_command("import_verdicts", str(both), "--origin", "eve")
    assert set(Verdict.objects.values_list("origin", flat=True)) == {"eve", "eve.bob"}
    run_command("import_verdicts", "--remove", "eve")
    assert not Verdict.objects.exists()


def test_what_comes_back_through_another_site_is_learned_from_once(file, run_command):
    run_command("import_verdicts", str(file), "--origin", "bob")
    assert Verdict.objects.count() == 6
    found = known(load_base(SHIPPED.card()))
    assert (len(found.taught), found.taught.n_groups) == (3, 1)
    assert found.taught.drawn.all()  # the site's own ones
    assert (found.provenance["n"], found.provenance["people"]) == (3, 1)
    assert found.provenance["imported"] == 0


def test_reviews_of_all_kinds_of_songs_come_back(make_classification, admin_user, run_command):
    rows = [
        make_classification(
            source="collection", source_id="ab" * 32, reviewed_genre="pop", features=[]
        ),
        make_classification(state="failed", genre="", reviewed_genre="pop"),
    ]
    lasting.keep(rows, {}, admin_user)
    assert Verdict.objects.get().source == "collection"  # of the other nothing was heard
    text = "\n".join(exchange.lines())
    assert exchange.take(text.splitlines(), "bob") == (1, 1)


def test_those_of_another_network_are_told(file, run_command):
    Verdict.objects.all().delete()
    text = file.read_text().replace(SHIPPED.card().feature_space, "0" * 64)
    file.write_text(text)
    told = run_command("import_verdicts", str(file), "--origin", "bob").out
    assert told == "3 verdicts from bob taken. 3 of them compare to no model that is here.\n"


def changed(**values):
    def change(line: str) -> str:
        return json.dumps(json.loads(line) | values)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda line: line[:-5], "Line 2: "),
        (lambda line: "[]", "Line 2: "),
        (changed(features=[0.5]), f"Line 2: {SIZE} features were expected."),
        (changed(features=["x"] * SIZE), "Line 2: features.0"),
        (lambda line: line.replace("0.1,", "NaN,", 1), "Line 2: "),
        (changed(label=""), "Line 2: label"),
        (changed(label="a\x00b"), "Line 2: label"),
        (changed(label="x" * 33), "Line 2: label"),
        (changed(confidence=2), "Line 2: confidence"),
        (changed(stream="other"), "Line 2: stream"),
        (changed(more=1), "Line 2: more"),
        (changed(decided_at="2026-01-01T00:00:00"), "Line 2: decided_at"),
        (changed(origin="../x"), "Line 2: origin"),
        (changed(features=[101.0] * SIZE), "Line 2: features"),
        (changed(label="Rock"), "Line 2: label"),
        (changed(label="other"), "Line 2: label"),
        (changed(decided_at="0001-01-01T00:00:00+14:00"), "Line 2: decided_at"),
        (changed(decided_at="9999-12-31T00:00:00-14:00"), "Line 2: decided_at"),
        (lambda line: "{" + " " * 1_000_001, "Line 2 is too long."),
    ],
)
def test_a_line_that_is_none_is_told_and_nothing_taken(file, run_command, change, said):
    Verdict.objects.all().delete()
    lines = file.read_text().splitlines()
    lines[1] = change(lines[1])
    file.write_text("\n".join(lines))
    done = run_command("import_verdicts", str(file), "--origin", "bob")
    assert done.code == 2
    assert said in done.err
    assert done.err.endswith("Nothing was taken.\n")
    assert done.err.count("\n") == 1
    assert not Verdict.objects.exists()


def test_a_file_that_is_none_is_one_line(db, run_command, tmp_path):
    missing = run_command("import_verdicts", str(tmp_path / "no.jsonl"), "--origin", "bob")
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    broken = run_command("import_verdicts", str(tmp_path / "bytes"), "--origin", "bob")
    assert (broken.code, broken.err) == (
        2,
        f"{tmp_path / 'bytes'} is no text. Nothing was taken.\n",
    )
    nowhere = run_command("export_verdicts", "/proc/verdicts.jsonl")
    assert (nowhere.code, nowhere.err.count("\n")) == (2, 1)
