"""The program `genre`: a folder heard, listed, planned, written, taken back and judged."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ml.collection.answers import answer_of
from ml.collection.hearing import Found
from ml.collection.plan import Head, decide, heard_file
from ml.collection.store import Store, default_path
from ml.collection.tags import MODEL, RIGHT, read_tags
from ml.registry.bundles import SHIPPED
from ml.terminal import classify, context, doubts
from ml.terminal.main import main
from scripts.testbed import sound
from tests.ml.collection.conftest import Listener, tagged

ROOT = Path(__file__).resolve().parents[3]
QUIET = np.full(16_000, 0.1, np.float32)
HEAD = Head(genre_plan=1, id="0", made="", model="m", weights="0", budget=None, least=None)


@pytest.fixture
def listener(monkeypatch) -> Listener:
    found = Listener()
    monkeypatch.setattr(context, "get_classifier", lambda *arguments: found)
    return found


@pytest.fixture
def music(tmp_path) -> Path:
    """Two files of jazz, one of which says that it is rock, and one of metal in a folder."""
    folder = tmp_path / "music"
    (folder / "loud").mkdir(parents=True)
    tagged(sound.write(folder / "a.mp3", sound.chord(4.0, level=0.08)))
    tagged(sound.write(folder / "b.flac", sound.chord(4.0, level=0.09)), "Hard Rock")
    tagged(sound.write(folder / "loud" / "c.ogg", sound.chord(4.0, level=0.4)))
    return folder


@pytest.fixture
def run(capsys, listener):
    """Run the program; gives its exit code, and the lines of stdout and stderr."""

    def run(*arguments: object) -> tuple[int, list[str], list[str]]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()

    return run


def test_a_folder_is_heard_once(run, music, listener):
    code, lines, told = run("classify", music)
    assert code == 0
    assert lines[0].startswith(f"{music}/a.mp3: jazz 91.0 %")
    assert told[-1] == "3 files: 3 heard." or told[-1].startswith("3 files: 3 heard, ")
    assert run("classify", music)[1] == lines
    assert run("classify", music, "--only-new") == (
        0,
        [],
        ["3 files: 0 heard, 3 known and unchanged."],
    )
    assert listener.heard == 3


def test_lists_in_each_form(run, music, tmp_path):
    out = tmp_path / "list"
    assert run("classify", music, "--csv", "--out", out)[1] == []
    rows = list(csv.DictReader(out.open()))
    assert [row["genre"] for row in rows] == ["jazz", "jazz", "metal"]
    assert rows[0]["second_confidence"] == "0.01"
    run("classify", music, "--json", "--out", out, "--top", 2)
    rows = [json.loads(line) for line in out.open()]
    assert [len(row["top"]) for row in rows] == [2, 2, 2]
    assert run("classify", music, "--json", "--csv")[0] == 2


def test_no_cell_of_a_list_is_a_formula(run, tmp_path):
    sound.write(tmp_path / "=1+1.wav", sound.chord(4.0))
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        code, lines, _ = run("classify", "=1+1.wav", "--csv")
    finally:
        os.chdir(here)
    assert code == 0
    assert lines[1].startswith("'=1+1.wav,")


def test_playlists_name_files_relative_to_themselves(run, music, tmp_path):
    lists = tmp_path / "music" / "lists"
    assert run("classify", music, "--playlists", lists)[0] == 0
    assert sorted(path.name for path in lists.iterdir()) == [
        "jazz.m3u8", "jazz.nsp", "metal.m3u8", "metal.nsp",
    ]  # fmt: skip
    named = [line for line in (lists / "jazz.m3u8").read_text().splitlines() if line[0] != "#"]
    assert [(lists / name).resolve().name for name in named] == ["a.mp3", "b.flac"]
    assert all((lists / name).exists() for name in named)
    rule = json.loads((lists / "metal.nsp").read_text())
    assert rule["all"] == [{"is": {"genre": "Metal"}}]


def test_a_plan_is_written_applied_and_taken_back(run, music, tmp_path):
    plan = tmp_path / "plan.jsonl"
    code, lines, _ = run("plan", music, "--out", plan, "--at-most-wrong", "25%")
    assert code == 0
    assert lines[0].startswith("2 genres would be written")
    assert "  1 left: have a genre that somebody wrote" in lines
    before = {path: path.read_bytes() for path in music.rglob("*.*")}
    code, lines, _ = run("apply", plan)
    assert (code, lines[0][:15]) == (0, "2 files written")
    found = {path.name: read_tags(path) for path in music.rglob("*.*")}
    assert found["a.mp3"].genres == ("Jazz",)
    assert found["b.flac"].genres == ("Hard Rock",)
    assert found["c.ogg"].fields[MODEL] == ("musicnn-yamnet-1",)
    assert run("apply", plan)[1] == ["0 files written."]
    assert run("plan", music, "--out", plan)[1][0].startswith("0 genres")
    batch, at, count = run("undo", "--list")[1][0].split("  ")
    assert (at[:2], count) == ("20", "2 files")
    assert run("undo", batch)[1] == ["2 files as before."]
    found = {path.name: read_tags(path).genres for path in before}
    assert found == {"a.mp3": (), "b.flac": ("Hard Rock",), "c.ogg": ()}
    assert run("undo") == (2, [], ["There is nothing to undo."])
    assert run("undo", "nonsense") == (2, [], ["Nothing was written by a plan 'nonsense'."])


def test_the_plan_that_was_killed_last_is_the_one_that_is_undone(run, music, tmp_path):
    for name in ("a.mp3", "c.ogg"):
        run("plan", next(music.rglob(name)), "--out", tmp_path / name)
        run("apply", tmp_path / name)
    with Store(default_path()) as store, store.writing() as database:  # before it was noted as done
        database.execute("UPDATE writing SET state = 'intent' WHERE id = 2")
    assert run("undo")[1] == ["1 file as before."]
    assert read_tags(music / "a.mp3").genres == ("Jazz",)
    assert read_tags(music / "loud" / "c.ogg").genres == ()


def test_no_budget_answers_for_what_is_written_over(run, music, tmp_path):
    arguments = ("plan", music, "--out", tmp_path / "plan", "--replace", "--at-most-wrong", "25%")
    for more in ((), ("--by-my-tags",)):
        code, _, told = run(*arguments, *more)
        assert (code, len(told)) == (2, 1)
        assert "--replace" in told[0]


@pytest.mark.parametrize("option", ["--out", "--playlists"])
def test_where_a_list_cannot_be_written_nothing_is_heard(run, music, tmp_path, listener, option):
    (tmp_path / "file").write_text("")
    where = tmp_path / "file" if option == "--playlists" else tmp_path / "no" / "list"
    for place in (where, music if option == "--out" else where):
        code, _, told = run("classify", music, option, place)
        assert (code, len(told)) == (2, 1)
    assert listener.heard == 0


def test_a_disk_that_fills_is_a_line_and_what_was_heard_is_kept(run, music, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(classify, "_write", full)
        code, _, told = run("classify", music, "--out", tmp_path / "list")
    assert code == 2
    assert told[-1].startswith(f"{tmp_path}/list cannot be written: No space left on device.")
    assert run("classify", music)[2][-1] == "3 files: 0 heard, 3 known and unchanged."


def test_a_store_of_another_program_is_a_line(run, music, tmp_path):
    other = tmp_path / "other.sqlite3"
    with contextlib.closing(sqlite3.connect(other)) as database:
        database.execute("PRAGMA user_version = 1")
    code, _, told = run("classify", music, "--store", other)
    assert (code, len(told)) == (2, 1)
    assert told[0].startswith(f"{other} cannot be read: no such table")


def test_a_watched_list_has_no_gaps(run, music, tmp_path):
    code, _, told = run("classify", music, "--watch", "--only-new", "--out", tmp_path / "list")
    assert (code, len(told)) == (2, 1)


def test_a_name_that_is_too_long_is_a_line(run, music):
    code, _, told = run("classify", music / ("x" * 300))
    assert code in (1, 2)
    assert len(told) == 1


def test_a_written_file_is_known_by_its_sound(run, music, tmp_path, listener):
    run("plan", music, "--out", tmp_path / "plan", "--replace")
    run("apply", tmp_path / "plan")
    told = run("classify", music)[2]
    assert told[-1] == "3 files: 0 heard, 3 known by their sound."
    assert listener.heard == 3


def test_a_plan_that_is_old_is_told_file_by_file(run, music, tmp_path):
    plan = tmp_path / "plan"
    run("plan", music, "--out", plan)
    (music / "a.mp3").unlink()
    tagged(music / "loud" / "c.ogg", "Doom Metal")
    code, lines, told = run("apply", plan)
    assert code == 1
    assert told == [
        f"{music}/a.mp3: left as it is: No such file or directory.",
        f"{music}/loud/c.ogg: left as it is: its genre is not what it was.",
    ]
    assert lines[0].startswith("0 files written")


def test_a_plan_of_relative_paths_is_applied_and_undone_elsewhere(
    run, music, tmp_path, monkeypatch, listener
):
    monkeypatch.chdir(music)
    run("plan", ".", "--out", tmp_path / "plan")
    monkeypatch.chdir(tmp_path)
    assert run("apply", tmp_path / "plan")[1][0].startswith("2 files written")
    monkeypatch.chdir("/")
    assert run("undo")[1] == ["2 files as before."]
    run("classify", music)
    assert listener.heard == 3


def test_by_my_tags_wants_a_budget(run, music, listener):
    code, _, told = run("plan", music, "--out", music / "plan", "--by-my-tags")
    assert code == 2
    assert "--at-most-wrong" in told[0]
    assert listener.heard == 0


def test_a_model_whose_card_does_not_tell_states_no_probability(run, music, tmp_path):
    """With one's own tags it keeps a budget all the same, and orders the answers."""
    card = SHIPPED.card().model_copy(update={"budget": None})
    found = heard_file(
        Found(music / "a.mp3", "heard", "a" * 64, answer_of(Listener().predict(QUIET), card)),
        None,
        0.0,
    )
    line = decide(found, None)
    assert line.right is None
    assert RIGHT not in line.wanted(HEAD)


def test_a_budget_that_cannot_be_kept_is_said_before_anything_is_heard(run, music, listener):
    code, lines, told = run("plan", music, "--out", music / "plan", "--at-most-wrong", "5%")
    assert (code, lines) == (2, [])
    assert "5% cannot be kept" in told[0]
    assert listener.heard == 0
    assert not (music / "plan").exists()


@pytest.mark.parametrize("share", ["0", "100%", "1.5", "many", "-3%", "nan", "inf"])
def test_a_share_that_is_none_is_bad_usage(run, music, share):
    assert run("plan", music, "--out", "x", f"--at-most-wrong={share}")[0] == 2


def test_a_budget_by_ones_own_tags(run, tmp_path, listener):
    """Two hundred tagged files, a tenth of them wrong, and one without a genre."""
    folder = tmp_path / "music"
    folder.mkdir()
    for i in range(200):
        path = sound.write(folder / f"{i:03}.wav", sound.chord(1.5, level=0.05 + i * 1e-4))
        tagged(path, "Rock" if i % 10 == 0 else "Jazz")
    tagged(sound.write(folder / "new.wav", sound.chord(1.5, level=0.1)))
    plan = tmp_path / "plan"
    arguments = ("plan", folder, "--out", plan, "--by-my-tags", "--at-most-wrong")
    code, lines, _ = run(*arguments, "20%")
    assert code == 0
    assert lines[0].startswith("1 genre would be written")
    assert "200 of the answers that could be compared, of which 20 were wrong" in " ".join(lines)
    assert "your tags" in " ".join(lines)
    code, _, told = run(*arguments, "5%")
    assert code == 2
    assert "by the genres in the tags here, the lowest that can be kept is" in told[0]


def test_tags_are_judged_with_a_reason_and_a_moment(run, music):
    code, lines, told = run("doubts", music)
    assert code == 0
    assert lines == [
        f"{music}/b.flac",
        "    tagged Hard Rock (1.0 %), sounds like jazz (91.0 %), most at 0:00 to 0:03; "
        + lines[1].split("; ")[1],
    ]
    assert lines[1].endswith("speak for it")
    assert told[-1].startswith("1 genre doubted, 1 shown; 0 agreed with;")
    row = json.loads(run("doubts", music, "--json")[1][0])
    assert (row["meant"], row["heard"], row["path"]) == ("rock", "jazz", f"{music}/b.flac")
    assert row["why"]


def test_tags_that_cannot_be_read_are_told_and_not_judged(run, music):
    sound.write(music / "d.webm", sound.chord(4.0, level=0.2))
    code, lines, told = run("doubts", music)
    assert code == 0
    assert len(lines) == 2
    assert told[0] == f"{music}/d.webm: it is of a format whose tags are not known here"


def test_a_file_that_goes_while_tags_are_judged_is_told(run, music, monkeypatch):
    def gone(path: Path) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))

    monkeypatch.setattr(doubts, "read_tags", gone)
    code, lines, told = run("doubts", music)
    assert (code, lines) == (1, [])
    assert told[0] == f"{music}/a.mp3: No such file or directory"


def test_a_store_that_cannot_be_had_is_said_and_files_are_heard_all_the_same(
    run, music, monkeypatch, tmp_path, listener
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GENRE_STORE", str(tmp_path / "file" / "store.sqlite3"))
    code, lines, told = run("classify", music)
    assert (code, len(lines)) == (0, 3)
    assert "is not remembered" in told[0]
    assert run("plan", music, "--out", tmp_path / "plan")[0] == 2
    assert run("classify", music, "--store", tmp_path / "file" / "a")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("classify",), ("plan", "x"), ("apply",), ("nonsense",), ("classify", "x", "--top", "0"),
        ("classify", "x", "--watch", "0"), ("doubts", "x", "--top", "many"),
    ],
)  # fmt: skip
def test_bad_usage_is_exit_code_2(run, arguments):
    code, _, told = run(*arguments)
    assert code == 2
    assert "error:" in told[-1]


def test_folders_that_link_to_each_other_end(run, music):
    (music / "loud" / "again").symlink_to(music, target_is_directory=True)
    (music / "round.mp3").symlink_to(music / "round.mp3")
    code, lines, _ = run("classify", music)
    assert (code, len(lines)) == (0, 3)


def test_a_watched_folder_is_heard_as_files_arrive(music, tmp_path):
    """By a process of its own, which ends well when it is told to."""
    out = (tmp_path / "out").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-c", WATCH, "classify", str(music), "--watch", "1"],
        cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    def lines() -> list[str]:
        return Path(out.name).read_text().splitlines()

    try:
        wait_for(lambda: len([line for line in lines() if "%" in line]) == 3)
        shutil.copy(music / "a.mp3", music / "d.mp3")
        wait_for(lambda: any("d.mp3: jazz" in line for line in lines()))
        assert len([line for line in lines() if "%" in line]) == 4
    finally:
        process.terminate()
    assert process.wait(20) == 0


def test_a_watched_list_has_what_was_there_before_too(run, music, tmp_path, monkeypatch):
    """Two rounds of files that have settled; the third ends it."""
    out = tmp_path / "list.csv"
    rounds = iter([None, None, lambda: shutil.copy(music / "a.mp3", music / "d.mp3"), None, None])

    class Ended:
        over = False

        def is_set(self) -> bool:
            return self.over

        def set(self) -> None:
            self.over = True

        def wait(self, seconds: float) -> None:
            act = next(rounds, self.set)
            if act:
                act()

    monkeypatch.setattr(classify, "Event", Ended)
    lists = tmp_path / "lists"
    code, lines, _ = run(
        "classify", music, "--watch", 1, "--csv", "--out", out, "--playlists", lists
    )
    assert (code, lines) == (0, [])
    assert len(list(csv.DictReader(out.open()))) == 4
    assert (lists / "jazz.m3u8").read_text().count("mp3") == 2


WATCH = """
import sys
from ml.terminal import context
from tests.ml.collection.conftest import Listener
listener = Listener()
context.get_classifier = lambda *arguments: listener
from ml.terminal.main import main
sys.exit(main())
"""


def wait_for(what, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        threading.Event().wait(0.1)
