"""Answering anew what was heard before: each recording once, whatever happens meanwhile."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from classifier.learning import reclassify, stored
from classifier.models import Classification
from tests.made_up_music import BASE_ID, ballads, music

SITE_1, SITE_2 = (f"{BASE_ID}-site-{i}" for i in (1, 2))


@pytest.fixture
def learned(lesson, manage):
    manage("learn")
    manage("promote_model", SITE_1)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(stored, "BATCH", 50)
    monkeypatch.setattr(reclassify, "PARTS", 20)


def of(model_id: str):
    return Classification.objects.filter(model_id=model_id)


def test_one_that_breaks_off_goes_on_where_it_was(learned, manage, refused, monkeypatch):
    insert, parts = reclassify._insert, []

    def insert_some(rows):
        if len(parts) == 3:
            raise OperationalError("the disk is full")
        parts.append(len(rows))
        insert(rows)

    with monkeypatch.context() as patch:
        patch.setattr(reclassify, "_insert", insert_some)
        assert refused("reclassify") == "The database cannot be used: the disk is full."
    assert of(SITE_1).count() == sum(parts)
    assert f"{110 - sum(parts)} recordings answered anew" in manage("reclassify")
    assert of(SITE_1).count() == of(BASE_ID).count() == 110
    assert manage("reclassify").endswith("0 recordings answered anew, 0 otherwise than before.\n")


def test_what_was_answered_or_is_asked_for_meanwhile_stays(learned, answered, manage):
    done, asked = answered(ballads(2, seed=6), "two")
    for row, values in (
        (done, {"state": "done", "genre": "jazz"}), (asked, {"state": "queued"}),
    ):  # fmt: skip
        Classification.objects.create(
            source=row.source, source_id=row.source_id, model_id=SITE_1, **values
        )
    manage("reclassify")
    assert of(SITE_1).get(source_id=done.source_id).genre == "jazz"
    assert of(SITE_1).get(source_id=asked.source_id).state == "queued"


def test_the_answer_of_the_newest_model_is_the_one_that_is_taken(learned, answered, judge, manage):
    answered(ballads(3, seed=6), "three")
    manage("reclassify")
    judge(answered(music("blues", 12, seed=20), "more"), "blues")
    manage("learn")
    manage("promote_model", SITE_2)
    manage("reclassify")
    taken = set(of(SITE_2).values_list("answered_from__model_id", flat=True))
    assert taken == {SITE_1, BASE_ID}  # that of before where the one between had none
    assert of(SITE_2).filter(answered_from__model_id=BASE_ID).count() == 12
    assert of(SITE_2).count() == of(BASE_ID).count()


def test_silence_stays_none_and_other_networks_are_left_alone(learned, answered, manage):
    low = -99.0  # the detector did not refuse it
    (silent,) = answered(
        ballads(1, seed=6), "silent", is_outside=True, is_music=False, outside_score=low
    )
    answered(ballads(1, seed=7), "old", model_id="musicnn-gtzan-2")
    answered(ballads(1, seed=8), "short", features=[1.0, 2.0])
    manage("reclassify")
    anew = of(SITE_1).get(answered_from=silent)
    assert (anew.is_outside, anew.is_music) == (True, False)
    assert of(SITE_1).count() == 111


def test_each_answer_has_a_link_of_its_own_and_only_its_own_columns_differ(learned, manage):
    manage("reclassify")
    assert len(set(of(SITE_1).values_list("public_id", flat=True))) == 110
    same = {f.name for f in Classification._meta.concrete_fields} & set(reclassify.COPIED)
    for anew in of(SITE_1).select_related("answered_from")[:5]:
        for name in same:
            assert getattr(anew, name) == getattr(anew.answered_from, name)
        assert sum(anew.probabilities.values()) == pytest.approx(1.0, abs=1e-4)
        assert (anew.reviewed_genre, anew.reviewed_by, anew.held_by) == ("", None, None)
