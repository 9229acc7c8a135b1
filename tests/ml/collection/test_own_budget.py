"""A budget by the genres that people wrote."""

from __future__ import annotations

from pathlib import Path

from ml.collection.own_budget import measure_own
from ml.collection.plan import Heard
from ml.collection.tags import GENRE, WROTE, Tags


def tags(genre: str, wrote: str = "") -> Tags:
    fields = {GENRE: (genre,)} if genre else {}
    return Tags(fields | ({WROTE: (wrote,)} if wrote else {}), "", "", "", "")


def measured(pairs):
    return measure_own(
        Heard(Path("song"), f"{i:064}", answer, tags, answer.confidence, None)
        for i, (answer, tags) in enumerate(pairs)
    )


def test_answers_are_compared_with_what_people_wrote(make_answer):
    jazz, unsure = make_answer("jazz", 0.9), make_answer("jazz", 0.5)
    files = [
        (jazz, tags("Bebop")),  # right
        (jazz, tags("Techno")),  # none of the ten: wrong
        (unsure, tags("Rock")),  # wrong
        (jazz, tags("")),  # nothing is said
        (jazz, tags("Jazz", wrote="Jazz")),  # by this program itself
        (jazz, tags("Jazz; Rock")),  # several
        (make_answer("jazz", 0.9, above=1.0), tags("Rock")),  # refused: never used
    ]
    points = measured(files)
    assert [(point.n, point.wrong) for point in points] == [(2, 1), (3, 2)]


def test_answers_that_are_as_sure_belong_to_one_cut(make_answer):
    files = [(make_answer("jazz", 0.9), tags("Jazz"))] * 120
    (point,) = measured(files)
    assert (point.n, point.wrong) == (120, 0)


def test_copies_of_a_sound_tell_no_more_than_one(make_answer):
    answer = make_answer("jazz", 0.9)
    (point,) = measure_own(
        Heard(Path(f"{i}"), "a" * 64, answer, tags("Jazz"), 0.9, None) for i in range(100)
    )
    assert point.n == 1


def test_an_empty_genre_is_nobodys(make_answer):
    assert measured([(make_answer("jazz", 0.9), tags(" "))]) == []


def test_all_that_could_be_compared_is_counted(make_answer):
    files = [(make_answer("jazz", 0.3 + i / 1000), tags("Jazz")) for i in range(149)]
    assert measured(files)[-1].n == 149


def test_of_an_empty_collection_nothing_is_known():
    assert measured([]) == []
