"""Reviews are copied when they are made, and outlast the answers they are about."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.models import Classification, Verdict, VerdictChange
from classifier.review import lasting, verdicts
from ml.registry.bundles import SHIPPED

FEATURES = [0.25, -1.5, 3.0]
LIST = reverse("admin:classifier_classification_changelist")


@pytest.fixture
def song(make_classification):
    return make_classification(
        title="A secret title", artist="The Band", source_id="abcdefghijk", genre="rock",
        features=FEATURES,
    )  # fmt: skip


def change_url(row) -> str:
    return reverse("admin:classifier_classification_change", args=[row.pk])


def say(client, row, genre: str, **fields: str):
    """Save a review as the form does that was opened just now."""
    form = client.get(change_url(row)).context["adminform"].form
    inlines = {"entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0}
    values = {"seen": form["seen"].value() or "", "reviewed_genre": genre, **inlines, **fields}
    return client.post(change_url(row), values)


@pytest.fixture
def other_admin(db):
    """Another member of the staff, and their browser."""
    user = User.objects.create_superuser("grace", password="x")
    client = Client()
    client.force_login(user)
    return client


def test_a_review_is_copied_with_its_numbers_and_without_names(admin_client, admin_user, song):
    assert say(admin_client, song, "metal").status_code == 302
    verdict = Verdict.objects.get()
    assert (verdict.label, verdict.answer, verdict.confidence) == ("metal", "rock", 0.91)
    assert verdict.features == FEATURES
    assert verdict.space == SHIPPED.card().feature_space
    assert verdict.reviewer == admin_user
    assert verdict.stream == Verdict.Stream.LIST
    stored = serializers.serialize("json", [verdict])
    for secret in ("secret", "Band", "abcdefghijk", song.public_id):
        assert secret not in stored


def test_it_stays_when_the_answer_is_forgotten(admin_client, song):
    say(admin_client, song, "metal")
    song.delete()
    assert Verdict.objects.get().label == "metal"


def test_a_change_of_mind_is_one_verdict_and_two_lines_in_the_trail(admin_client, song):
    say(admin_client, song, "metal")
    say(admin_client, song, "none")
    assert [v.label for v in Verdict.objects.all()] == ["none"]
    say(admin_client, song, "")
    assert not Verdict.objects.exists()
    trail = VerdictChange.objects.order_by("pk").values_list("before", "after")
    assert list(trail) == [("", "metal"), ("metal", "none"), ("none", "")]


def test_cannot_tell_is_kept_but_neither_right_nor_wrong(admin_client, song):
    say(admin_client, song, Verdict.CANNOT_TELL)
    song.refresh_from_db()
    assert song.reviewed_genre == Verdict.CANNOT_TELL
    assert Verdict.objects.get().label == Verdict.CANNOT_TELL
    assert not Verdict.objects.certain().exists()
    reviewed = Classification.objects.reviewed()
    assert reviewed.exists()
    assert not reviewed.confirmed().exists()
    assert not reviewed.overruled().exists()
    assert "cannot tell" in admin_client.get(LIST).content.decode()


def test_of_two_who_review_at_once_neither_overwrites_the_other(admin_client, other_admin, song):
    opened = admin_client.get(change_url(song)).context["adminform"].form["seen"].value() or ""
    assert say(other_admin, song, "jazz").status_code == 302
    refused = say(admin_client, song, "blues", seen=opened)
    assert refused.status_code == 200
    assert "Meanwhile grace has said: jazz. Nothing was overwritten." in refused.content.decode()
    song.refresh_from_db()
    assert song.reviewed_genre == "jazz"
    assert Verdict.objects.get().label == "jazz"
    # Who has been told may say otherwise all the same.
    seen = refused.context["adminform"].form["seen"].value()
    assert say(admin_client, song, "blues", seen=seen).status_code == 302
    song.refresh_from_db()
    assert song.reviewed_genre == "blues"
    trail = VerdictChange.objects.order_by("pk").values_list(
        "before", "after", "reviewer__username"
    )
    assert list(trail) == [("", "jazz", "grace"), ("jazz", "blues", "admin")]


def test_two_who_say_the_same_are_not_told_off(admin_client, other_admin, song):
    say(other_admin, song, "jazz")
    assert say(admin_client, song, "jazz", seen="").status_code == 302


def test_what_a_worker_writes_meanwhile_stays(admin_client, song):
    form_opened = change_url(song)
    admin_client.get(form_opened)
    Classification.objects.filter(pk=song.pk).update(title="Another title")
    say(admin_client, song, "jazz")
    song.refresh_from_db()
    assert song.title == "Another title"


def act(client, action: str, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, chosen, follow=True).content.decode()


def test_many_are_copied_too_and_others_words_left_alone(
    admin_client, other_admin, song, make_classification
):
    second = make_classification(genre="pop", artist="The  band", features=[1.0])
    say(other_admin, song, "jazz")
    page = act(admin_client, "confirm", song, second)
    assert "1 confirmed. 1 left alone: somebody else has reviewed them" in page
    assert set(Verdict.objects.values_list("label", flat=True)) == {"jazz", "pop"}
    assert len(set(Verdict.objects.values_list("group", flat=True))) == 1  # one artist
    assert "1 cleared." in act(admin_client, "clear_review", second)
    assert [v.label for v in Verdict.objects.all()] == ["jazz"]


def test_what_was_drawn_at_random_is_not_written_over_by_a_list(admin_client, admin_user, song):
    song.reviewed_genre, song.reviewed_by = "metal", admin_user
    song.reviewed_at = timezone.now()
    song.save()
    lasting.keep([song], {}, admin_user, stream=Verdict.Stream.AUDIT)
    assert "0 confirmed. 1 left alone" in act(admin_client, "confirm", song)
    assert Verdict.objects.get().label == "metal"
    # On its own page one may still say otherwise.
    say(admin_client, song, "jazz")
    assert (Verdict.objects.get().label, Verdict.objects.get().stream) == ("jazz", "audit")


def test_what_somebody_says_while_a_list_is_written_stays(
    admin_client, other_admin, song, monkeypatch
):
    def meanwhile(queryset):
        say(other_admin, song, "jazz")
        return []

    monkeypatch.setattr(verdicts, "_drawn", meanwhile)
    assert "0 confirmed. 1 left alone" in act(admin_client, "confirm", song)
    assert Verdict.objects.get().label == "jazz"


def test_answers_of_two_models_have_a_verdict_each(admin_client, song, make_classification):
    other = make_classification(
        genre="pop", source_id=song.source_id, model_id="musicnn-gtzan-2", features=[1.0]
    )
    act(admin_client, "confirm", song, other)
    assert set(Verdict.objects.values_list("answer", "model_id")) == {
        ("rock", song.model_id), ("pop", "musicnn-gtzan-2"),
    }  # fmt: skip
    act(admin_client, "clear_review", other)
    assert Verdict.objects.get().model_id == song.model_id


def test_of_two_copies_of_one_answer_the_last_holds(admin_user, song):
    values = lasting.values_of(song) | {"person": "p", "reviewer": admin_user}
    lasting.write([Verdict(**values | {"label": label}) for label in ("jazz", "blues")])
    assert Verdict.objects.get().label == "blues"


def test_a_song_of_no_artist_is_a_group_of_its_own(make_classification):
    rows = [make_classification(artist="", source_id=name) for name in ("a" * 11, "b" * 11)]
    assert lasting.group_of(rows[0]) == lasting.recording_of(rows[0])
    assert lasting.group_of(rows[0]) != lasting.group_of(rows[1])


def test_what_was_drawn_at_random_once_stays_so(admin_user, song):
    for genre, stream in (("rock", "doubtful"), ("metal", "audit"), ("pop", "list")):
        song.reviewed_genre = genre
        lasting.keep([song], {}, admin_user, stream=stream)
    verdict = Verdict.objects.get()
    assert (verdict.label, verdict.stream) == ("pop", Verdict.Stream.AUDIT)


def test_only_this_site_can_tell_what_a_verdict_is_about(song, settings):
    here = lasting.recording_of(song)
    settings.SECRET_KEY = "another"
    assert lasting.recording_of(song) != here


def test_a_review_of_a_model_that_is_gone_is_kept_but_compares_to_none(admin_client, song):
    Classification.objects.update(model_id="gone-1")
    say(admin_client, song, "none")
    assert Verdict.objects.get().space == ""


def test_what_features_depend_on_makes_the_space():
    card = SHIPPED.card()
    assert card.feature_space != SHIPPED.card("musicnn-gtzan-2").feature_space
    # Another head and calibration on the same networks: the same space.
    assert SHIPPED.card("musicnn-gtzan-2").feature_space == (
        SHIPPED.card("musicnn-gtzan-2-full").feature_space
    )
    louder = card.model_copy(update={"raise_to_db": -3.0})
    assert louder.feature_space != card.feature_space


@pytest.mark.django_db(transaction=True)
def test_reviews_from_before_are_copied_by_the_migration(make_classification, admin_user):
    make_classification(genre="rock", features=FEATURES)
    reviewed = make_classification(
        genre="rock", features=FEATURES, reviewed_genre="pop", reviewed_by=admin_user
    )
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes("classifier")
    executor.migrate([("classifier", "0011_stage_seconds")])
    try:
        MigrationExecutor(connection).migrate([("classifier", "0012_verdicts")])
        verdict = Verdict.objects.get()
        assert (verdict.label, verdict.answer, verdict.features) == ("pop", "rock", FEATURES)
        assert verdict.recording == lasting.recording_of(reviewed)
        assert verdict.person == lasting.person_of(admin_user)
    finally:
        MigrationExecutor(connection).migrate(latest)
