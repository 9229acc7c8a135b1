"""Accuracy from verdicts that were drawn at random."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import OperationalError

from classifier.models import Verdict
from classifier.review import audit, lasting, streams


def said(**counts: tuple[int, int]) -> list:
    """So many right and wrong ones of each answer."""
    return [
        (answer, answer if i < right else "other", 0.9)
        for answer, (right, wrong) in counts.items()
        for i in range(right + wrong)
    ]


def test_each_kind_weighs_as_many_as_there_are():
    found = audit.judge(said(rock=(9, 1), jazz=(5, 5)), {"rock": 900, "jazz": 100})
    assert found.accuracy.value == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert found.by_answer["jazz"].value == 0.5
    assert found.confusion["jazz"] == Counter(jazz=5, other=5)


def test_an_interval_holds_what_is_true_as_often_as_it_says():
    chance = random.Random(1)
    population = {"rock": 700, "jazz": 200, "none": 100}
    truth = {"rock": 0.9, "jazz": 0.6, "none": 0.5}
    true = sum(n * truth[kind] for kind, n in population.items()) / 1000
    held = 0
    for _ in range(400):
        counts = {}
        for kind, n in population.items():
            right = sum(chance.random() < truth[kind] for _ in range(60 * n // 1000))
            counts[kind] = (right, 60 * n // 1000 - right)
        share = audit.judge(said(**counts), population).accuracy
        held += share.low <= true <= share.high
    assert held / 400 >= 0.92


def test_more_verdicts_make_a_narrower_interval():
    few = audit.judge(said(rock=(16, 4)), {"rock": 100}).accuracy
    many = audit.judge(said(rock=(64, 16)), {"rock": 100}).accuracy
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_a_few_verdicts_are_no_number():
    found = audit.judge(said(rock=(5, 1)), {"rock": 10}, cannot_tell=2)
    assert (found.accuracy, found.n, found.more) == (None, 8, 4)


def test_all_right_is_not_certain():
    share = audit.judge(said(rock=(12, 0)), {"rock": 100}).accuracy
    assert share.value == share.high == 1.0
    assert share.low < 0.85


def test_right_by_confidence_counts_genres_alone():
    rows = [("rock", "rock", 0.4), ("rock", "pop", 0.7), ("pop", "pop", 1.0), ("none", "none", 0.9)]
    found = audit.judge(rows, {}).sure
    assert found == [(0.0, 0.5, 1, 1), (0.5, 0.8, 0, 1), (0.8, 1.0, 1, 1)]


@pytest.fixture
def answers(make_classification):
    genres = ["rock"] * 12 + ["jazz"] * 4
    rows = [make_classification(genre=genre, artist="") for genre in genres]
    make_classification(genre="rock", is_outside=True, artist="")
    make_classification(genre="pop", source="library")
    make_classification(genre="pop", source="upload")
    return rows


def test_strata_are_videos_by_what_was_answered(answers):
    assert streams.strata() == {"rock": 12, "jazz": 4, "none": 1}


def hear(row, user, genre: str) -> None:
    row.reviewed_genre = genre
    row.save()
    lasting.keep([row], {}, user, stream=Verdict.Stream.AUDIT)


def test_what_is_drawn_goes_by_the_shares_and_comes_once(answers, admin_user):
    drawn = []
    while row := streams.draw(chance=random.Random(len(drawn))):
        drawn.append(row)
        hear(row, admin_user, row.headline)
        assert len(drawn) <= 17
    assert len({row.pk for row in drawn}) == len(drawn) == 17
    first = Counter(row.headline for row in drawn[:9])
    assert 5 <= first["rock"] <= 7
    assert audit.report().accuracy.value == 1.0


def test_what_was_reviewed_otherwise_is_drawn_all_the_same(answers, admin_user):
    for row in answers:
        row.reviewed_genre = "metal"
        row.save()
        lasting.keep([row], {}, admin_user)
    assert streams.draw() is not None
    assert audit.report().n == 0


def test_one_who_cannot_tell_is_counted_and_no_more(answers, admin_user):
    hear(answers[0], admin_user, Verdict.CANNOT_TELL)
    found = audit.report()
    assert (found.n, found.cannot_tell, found.confusion) == (1, 1, {})


def test_doubtful_are_those_that_most_visitors_contradict_then_the_unsure(
    answers, make_classification, admin_user
):
    from classifier.models import Correction

    sure = make_classification(genre="rock", confidence=0.99, artist="A")
    twice = make_classification(genre="rock", confidence=0.98, artist="B")
    unsure = make_classification(genre="rock", confidence=0.2, artist="C")
    for i, row in enumerate((sure, twice, twice)):
        Correction.objects.create(visitor=f"v{i}", classification=row, genre="pop")
    Correction.objects.create(visitor="v9", classification=unsure, genre="rock")  # agrees
    asked = []
    while len(asked) < 3:
        doubt = streams.doubtful([row.pk for row in asked])
        asked.append(doubt.row)
    assert asked == [twice, sure, unsure]


def test_another_models_other_answer_is_a_doubt(make_classification):
    make_classification(genre="rock", confidence=0.3)
    row = make_classification(genre="rock", confidence=0.9, source_id="same")
    make_classification(genre="jazz", confidence=0.9, source_id="same", model_id="other-1")
    doubt = streams.doubtful()
    assert doubt.disagrees
    assert doubt.row.source_id == row.source_id


def test_one_artist_is_not_asked_about_for_ever(make_classification, admin_user, monkeypatch):
    monkeypatch.setattr(streams, "MOST_OF_A_GROUP", 2)
    rows = [make_classification(genre="rock", confidence=0.1, artist="One band") for _ in range(4)]
    other = make_classification(genre="rock", confidence=0.5, artist="Other band")
    for row in rows[:2]:
        row.reviewed_genre = "pop"
        row.save()
        lasting.keep([row], {}, admin_user, stream=Verdict.Stream.DOUBTFUL)
    assert streams.doubtful().row == other


def test_doubt_goes_on_behind_many_that_are_not_asked_about(
    make_classification, admin_user, monkeypatch
):
    monkeypatch.setattr(streams, "CANDIDATES", 2)
    monkeypatch.setattr(streams, "MOST_OF_A_GROUP", 1)
    rows = [make_classification(genre="rock", confidence=0.1, artist="One band") for _ in range(7)]
    rows[0].reviewed_genre = "pop"
    rows[0].save()
    lasting.keep([rows[0]], {}, admin_user, stream=Verdict.Stream.DOUBTFUL)
    assert streams.doubtful() is None
    other = make_classification(genre="rock", confidence=0.5, artist="Other band")
    assert streams.doubtful().row == other


def test_demo_tracks_and_what_is_known_are_no_doubt(make_classification, admin_user):
    make_classification(genre="rock", confidence=0.1, source="library")
    heard = make_classification(
        genre="rock", confidence=0.1, source_id="heard", reviewed_genre="pop"
    )
    lasting.keep([heard], {}, admin_user)
    make_classification(genre="rock", confidence=0.1, source_id="heard", extent="whole")
    assert streams.doubtful() is None


@pytest.fixture
def heard(answers, admin_user):
    cache.clear()
    for row in answers[:12]:
        hear(row, admin_user, row.headline)
    yield
    cache.clear()


def test_everybody_reads_it_by_setting_alone(client, heard, settings):
    assert "that this site has answered" not in client.get("/about/").content.decode()
    settings.AUDIT_PUBLIC = True
    page = " ".join(client.get("/about/").content.decode().split())
    assert "On the videos that this site has answered it is right in 100.0" in page
    assert "have heard 12 that were drawn at random" in page


def test_about_answers_while_the_database_is_away(client, heard, settings, monkeypatch):
    settings.AUDIT_PUBLIC = True

    def away():
        raise OperationalError("away")

    monkeypatch.setattr(audit, "report", away)
    assert client.get("/about/").status_code == 200


def test_months_are_told_apart_the_newest_first(answers, admin_user):
    rows = list(streams.audited()[:5])
    for row, month, label in zip(rows, (3, 3, 3, 5, 5), "ynyyn", strict=True):
        row.reviewed_genre = streams_answer(row) if label == "y" else "polka"
        row.reviewed_at = datetime(2026, month, 7, 12, tzinfo=UTC)
        lasting.keep([row], {}, admin_user, stream=Verdict.Stream.AUDIT)
    found = [
        (month.month, round(share.value, 2), share.n)
        for month, share in audit.by_month(streams.verdicts())
    ]
    assert found == [(5, 0.5, 2), (3, 0.67, 3)]


def streams_answer(row) -> str:
    return "none" if row.is_outside else row.genre
