"""The staff's pages of learning, and what visitors see of an answer that was given anew."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier import serving
from classifier.learning import tasks
from classifier.models import Classification, LearningTask, Promotion
from tests.made_up_music import BASE_ID, ballads, music

OVERVIEW = reverse("admin:classifier_learning")
SITE_1 = f"{BASE_ID}-site-1"
CANDIDATE = reverse("admin:classifier_candidate", args=[SITE_1])


@pytest.fixture
def visit(staff):
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def started(monkeypatch, manage):
    """What a button starts is done at once, by the command that it would start."""
    commands = []

    def run(command, **options):
        assert options["start_new_session"]
        commands.append(command[2:])
        manage(*command[2:])

    monkeypatch.setattr(tasks.subprocess, "Popen", run)
    return commands


@pytest.fixture
def history(answered):
    answered(ballads(10, seed=9), "later")
    for label in ("rock", "jazz", "classical", "metal", "hiphop"):
        answered(music(label, 30, seed=11), f"old {label}")


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_buttons_play_the_whole_loop(lesson, history, visit, started):
    page = text_of(visit.get(OVERVIEW))
    assert "110 of 55 artists or channels" in page
    assert "country: 38" in page
    assert "Nothing yet." in page

    page = text_of(visit.post(OVERVIEW, {"do": "learn"}, follow=True))
    assert started[0][:2] == ["learn", "--task"]
    assert f"{SITE_1}</a>" in page
    assert "The newest model below has learned from all of them." in page

    page = text_of(visit.get(CANDIDATE))
    assert page.count('class="gate-passed"') == 9
    assert "What would change" in page
    assert "later 3" in page

    page = text_of(visit.post(CANDIDATE, {"do": "promote"}, follow=True))
    assert f"Now {SITE_1} serves." in page
    assert serving.card().model_id == SITE_1
    assert Promotion.objects.get().by.username == "ada"

    page = text_of(visit.get(OVERVIEW))
    assert "270 answers of other models can be given anew" in page
    page = text_of(visit.post(OVERVIEW, {"do": "reclassify"}, follow=True))
    assert "270 answered, " in page
    assert f"Roll back to {BASE_ID}" in page

    page = visit.get(CANDIDATE)
    rows = list(page.context["changed"])
    assert len(rows) >= 8
    assert all(row.headline != row.answered_from.headline for row in rows)
    assert "What has changed" in text_of(page)

    page = text_of(visit.post(OVERVIEW, {"do": "roll_back"}, follow=True))
    assert f"Now {BASE_ID} serves again, in place of {SITE_1}." in page
    assert "rolled back" in page


def test_what_the_gates_said_counts_until_more_is_said(
    lesson, answered, judge, manage, visit, started
):
    manage("learn")
    judge(answered(music("blues", 3, seed=20), "more"), "blues")
    page = text_of(visit.get(CANDIDATE))
    assert "More has been said since it was before the gates." in page
    assert "Let it serve" not in page
    page = text_of(visit.post(CANDIDATE, {"do": "promote"}, follow=True))
    assert "Put it before the gates first." in page
    assert serving.card().model_id == BASE_ID
    page = text_of(visit.post(CANDIDATE, {"do": "judge"}, follow=True))
    assert started[0][:2] == ["judge_model", SITE_1]
    assert "Let it serve" in page


def test_one_that_is_compared_with_its_base_says_so(lesson, manage, visit, settings):
    """The model that serves hears by other networks."""
    manage("learn")
    settings.MODEL_ID = "musicnn-gtzan-2"
    manage("judge_model", SITE_1)
    assert f"At the gates, against {BASE_ID}," in text_of(visit.get(CANDIDATE))


def test_a_failed_gate_asks_for_a_reason(lesson, answered, judge, manage, visit):
    judge(answered(music("jazz", 200, seed=30), "poison"), "metal", stream="list")
    manage("learn")
    page = text_of(visit.post(CANDIDATE, {"do": "promote"}, follow=True))
    assert f"That cannot be done: {SITE_1} fails " in page
    assert serving.card().model_id == BASE_ID
    visit.post(CANDIDATE, {"do": "promote", "reason": "It is a joke\0."})
    assert serving.card().model_id == SITE_1
    assert Promotion.objects.get().reason == "It is a joke."
    assert "in spite of a failed gate: It is a joke." in text_of(visit.get(OVERVIEW))


def test_a_task_that_runs_is_shown_and_no_other_one_is_started(lesson, visit, started):
    LearningTask.objects.create(kind="learn", progress="writing the model")
    page = text_of(visit.post(OVERVIEW, {"do": "reclassify"}, follow=True))
    assert "Learn is running already: writing the model." in page
    assert 'http-equiv="refresh"' in page
    assert started == []


def test_a_task_that_was_killed_is_told_of_and_no_obstacle(lesson, visit, started):
    long_ago = timezone.now() - timezone.timedelta(minutes=5)
    LearningTask.objects.create(
        kind="learn", progress="head: trying out", started_at=long_ago, told_at=long_ago
    )
    page = text_of(visit.get(OVERVIEW))
    assert "Ended without a result. head: trying out" in page
    assert 'http-equiv="refresh"' not in page
    visit.post(OVERVIEW, {"do": "learn"})
    assert (serving.settings.MODELS_DIR / SITE_1 / "card.json").is_file()


def test_too_little_is_told_on_the_page(visit, started, answered, judge):
    judge(answered(music("jazz", 5), "few"), "jazz")
    with pytest.raises(SystemExit):  # of the command, which is a process of its own
        visit.post(OVERVIEW, {"do": "learn"})
    page = text_of(visit.get(OVERVIEW))
    assert "Failed. People have judged 5 recordings that can be learned from" in page


def test_a_model_that_cannot_learn_on_is_told_of(visit, settings, db):
    settings.MODEL_ID = "musicnn-gtzan-2"
    page = text_of(visit.get(OVERVIEW))
    assert "musicnn-gtzan-2 was shipped without what its head learned" in page
    assert "nothing else can be promoted" in page


@pytest.mark.parametrize("path", [OVERVIEW, CANDIDATE])
def test_who_may_not_see_the_songs_sees_none_of_it(path, lesson, manage):
    manage("learn")
    client = Client()
    assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("eve", password="x", is_staff=True))
    assert client.get(path).status_code == 403


def test_who_may_only_look_has_no_buttons_and_can_do_nothing(lesson, manage):
    manage("learn")
    user = User.objects.create_user("eve", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_classification"))
    client = Client()
    client.force_login(user)
    for path in (OVERVIEW, CANDIDATE):
        page = text_of(client.get(path))
        assert '<button class="button' not in page
    for path, do in (
        (OVERVIEW, "learn"), (OVERVIEW, "reclassify"), (OVERVIEW, "roll_back"),
        (CANDIDATE, "judge"), (CANDIDATE, "promote"),
    ):  # fmt: skip
        assert client.post(path, {"do": do}).status_code == 403
    assert serving.card().model_id == BASE_ID


@pytest.mark.parametrize("do", ["", "nonsense", "\0"])
def test_nonsense_does_nothing(do, visit, db):
    assert visit.post(OVERVIEW, {"do": do}).status_code == 404
    assert visit.get(reverse("admin:classifier_candidate", args=["nothing"])).status_code == 404
    assert visit.get(reverse("admin:classifier_candidate", args=[BASE_ID])).status_code == 404
    assert not LearningTask.objects.exists()


def test_both_answers_of_a_recording_lead_to_each_other(lesson, answered, manage, client):
    (row,) = answered(ballads(1, seed=6), "one")
    manage("learn")
    manage("promote_model", SITE_1)
    manage("reclassify")
    anew = Classification.objects.get(answered_from=row)
    page = text_of(client.get(row.get_absolute_url()))
    assert "The model has learned since." in page
    assert anew.get_absolute_url() in page
    page = text_of(client.get(anew.get_absolute_url()))
    assert "Not again: computed from the numbers of" in page
    assert row.get_absolute_url() in page
    assert "Why country?" in page  # by the same numbers
    assert "The model has learned since." not in page


def test_an_answer_given_anew_has_all_pages(lesson, answered, manage, client, staff):
    (row,) = answered(ballads(1, seed=6), "one")
    manage("learn")
    manage("promote_model", SITE_1)
    manage("reclassify")
    anew = Classification.objects.get(answered_from=row)
    export = json.loads(client.get(reverse("classification_json", args=[anew.public_id])).content)
    assert export["genre"] == anew.genre
    for name in ("share_image", "classification_csv"):
        assert client.get(reverse(name, args=[anew.public_id])).status_code == 200
    # What was seen while it was heard is with the answer of then.
    assert client.get(reverse("spectrogram", args=[anew.public_id])).status_code == 404
    client.force_login(staff)
    path = reverse("admin:classifier_classification_change", args=[anew.pk])
    assert client.get(path).status_code == 200


def test_the_pages_of_a_model_that_learned_tell_from_what(lesson, manage, client):
    manage("learn")
    page = text_of(client.get(reverse("model", args=[SITE_1])))
    assert "110 recordings" in page
    assert client.get(reverse("models")).status_code == 200
    manage("promote_model", SITE_1)
    for name in ("home", "about", "how_it_works", "privacy"):
        assert client.get(reverse(name)).status_code == 200
