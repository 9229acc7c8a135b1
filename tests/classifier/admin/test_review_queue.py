"""The pages on which staff hear one recording after the other."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from classifier.models import Classification, Verdict
from classifier.review import audit, streams

DOUBTFUL = reverse("admin:classifier_review", args=["doubtful"])
AUDIT = reverse("admin:classifier_review", args=["audit"])
HOW_GOOD = reverse("admin:classifier_how_good")


def text(response) -> str:
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def say(client, url: str, said: str, page=None, **fields):
    """Press a button of a page, or of the one that comes next."""
    page = (page or client.get(url)).content.decode()
    values = {
        name: re.search(f'name="{name}" value="([^"]*)"', page)[1] for name in ("song", "seen")
    }
    return client.post(url, {**values, "said": said, **fields}, follow=True)


@pytest.fixture
def songs(make_classification):
    return [
        make_classification(
            title=f"Song {i}", artist=f"Band {i}", genre="rock", confidence=0.4 + i / 50
        )
        for i in range(12)
    ]


def test_a_doubtful_one_is_heard_said_and_the_next_shown(admin_client, admin_user, songs):
    page = admin_client.get(DOUBTFUL)
    assert "Song 0" in text(page)
    assert "The model said rock" in text(page)
    after = say(admin_client, DOUBTFUL, "metal", page)
    assert "You said metal; the model said rock, 40.0 %." in text(after)
    assert "Song 1" in text(after)
    songs[0].refresh_from_db()
    assert (songs[0].reviewed_genre, songs[0].reviewed_by) == ("metal", admin_user)
    assert Verdict.objects.get().stream == Verdict.Stream.DOUBTFUL


def test_one_can_go_back_and_say_otherwise(admin_client, songs):
    after = say(admin_client, DOUBTFUL, "metal")
    back = re.search(r'data-key="b" href="([^"]+)"', after.content.decode())[1]
    page = admin_client.get(DOUBTFUL + back)
    assert "Now: metal." in text(page)
    say(admin_client, DOUBTFUL, "none", page)
    assert Verdict.objects.get().label == "none"


def test_skipped_ones_come_no_more(admin_client, songs):
    seen = set()
    for _ in songs:
        page = admin_client.get(DOUBTFUL)
        seen.add(page.context["classification"].pk)
        say(admin_client, DOUBTFUL, "skip", page)
    assert len(seen) == len(songs)
    page = text(admin_client.get(DOUBTFUL))
    assert "Nothing is in doubt" in page
    assert "12 skipped" in page
    assert not Verdict.objects.exists()


def test_in_the_audit_the_answer_is_told_afterwards_alone(admin_client, songs):
    page = admin_client.get(AUDIT)
    row = page.context["classification"]
    assert "The model said" not in text(page)
    assert not re.search(r"\d %", text(page))
    assert admin_client.get(AUDIT).context["classification"] == row  # no other by loading it anew
    after = say(admin_client, AUDIT, "rock", page)
    assert "You said rock; the model said rock" in text(after)
    again = admin_client.get(AUDIT, {"song": row.public_id})
    assert "The model said rock" in text(again)
    assert Verdict.objects.get().stream == Verdict.Stream.AUDIT


def test_ten_of_the_audit_make_a_number(admin_client, songs):
    assert "10 more recordings" in text(admin_client.get(HOW_GOOD))
    for i in range(12):
        say(admin_client, AUDIT, "rock" if i else "unknown")
    page = text(admin_client.get(HOW_GOOD))
    assert "100.0 %" in page
    assert "12 (1 without a verdict)" in page
    assert "There is nothing to draw" in text(admin_client.get(AUDIT))


def test_of_two_who_hear_the_same_neither_overwrites_the_other(admin_client, client, songs):
    grace = User.objects.create_superuser("grace", password="x")
    client.force_login(grace)
    opened = admin_client.get(DOUBTFUL)
    say(client, DOUBTFUL, "jazz")
    told = say(admin_client, DOUBTFUL, "blues", opened)
    assert told.status_code == 409
    assert "Meanwhile grace has said: jazz. Nothing was overwritten." in text(told)
    songs[0].refresh_from_db()
    assert songs[0].reviewed_genre == "jazz"
    say(admin_client, DOUBTFUL, "blues", told)
    songs[0].refresh_from_db()
    assert songs[0].reviewed_genre == "blues"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"said": "polka"}, 409),
        ({"said": ""}, 409),
        ({"said": "rock", "song": "nothing"}, 404),
        ({"said": "rock", "song": "a\0b"}, 404),
    ],
)
def test_nonsense_is_a_sentence_or_not_found(admin_client, songs, fields, status):
    response = admin_client.post(DOUBTFUL, {"song": songs[0].public_id, "seen": "", **fields})
    assert response.status_code == status
    assert not Verdict.objects.exists()


def test_what_was_forgotten_meanwhile_is_not_found(admin_client, songs):
    page = admin_client.get(DOUBTFUL)
    Classification.objects.all().delete()
    assert say(admin_client, DOUBTFUL, "rock", page).status_code == 404


def test_there_are_two_streams_and_no_third(admin_client, db):
    assert admin_client.get(reverse("admin:classifier_review", args=["list"])).status_code == 404


def test_who_may_not_review_does_not_reach_it(client, songs):
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_classification"))
    client.force_login(user)
    assert client.get(DOUBTFUL).status_code == 403
    assert client.get(HOW_GOOD).status_code == 200
    assert client.post(AUDIT, {"said": "rock"}).status_code == 403


def test_visitors_are_sent_to_the_log_in(client, db):
    for url in (DOUBTFUL, AUDIT, HOW_GOOD):
        assert client.get(url).status_code == 302


def test_an_upload_is_reviewed_by_its_numbers(admin_client, make_classification):
    make_classification(source="upload", title="", confidence=0.1)
    page = text(admin_client.get(DOUBTFUL))
    assert "keeps no copy of an uploaded file" in page
    assert "The model said metal" in page


def test_the_keys_stand_at_the_buttons(admin_client, songs):
    page = admin_client.get(DOUBTFUL).content.decode()
    keys = re.findall(r'data-key="(.)"', page)
    assert len(keys) == len(set(keys)) == 13  # ten genres, none, cannot tell, skip


def test_verdicts_and_their_trail_can_be_read_and_not_written(admin_client, songs):
    say(admin_client, DOUBTFUL, "metal")
    for model in ("verdict", "verdictchange"):
        listed = admin_client.get(reverse(f"admin:classifier_{model}_changelist"))
        assert "metal" in text(listed)
        assert admin_client.get(reverse(f"admin:classifier_{model}_add")).status_code == 403
        pk = listed.context["cl"].queryset.get().pk
        gone = reverse(f"admin:classifier_{model}_delete", args=[pk])
        assert admin_client.post(gone, {"post": "yes"}).status_code == 403
        change = reverse(f"admin:classifier_{model}_change", args=[pk])
        assert admin_client.post(change, {"label": "pop", "after": "pop"}).status_code == 403


def test_in_the_audit_an_earlier_review_is_told_before_it_is_written_over(
    admin_client, client, songs
):
    client.force_login(User.objects.create_superuser("grace", password="x"))
    row = admin_client.get(AUDIT).context["classification"]
    say(client, DOUBTFUL, "jazz", client.get(DOUBTFUL, {"song": row.public_id}))
    page = admin_client.get(AUDIT)
    assert "jazz" not in text(page).split("What is it?")[0]
    told = say(admin_client, AUDIT, "blues", page)
    assert told.status_code == 409
    assert "grace has said: jazz. Nothing was overwritten." in text(told)
    assert "The model said" not in text(told)
    say(admin_client, AUDIT, "blues", told)
    row.refresh_from_db()
    assert row.reviewed_genre == "blues"


def test_what_somebody_else_has_heard_meanwhile_is_not_asked_again(
    admin_client, client, songs, monkeypatch
):
    client.force_login(User.objects.create_superuser("grace", password="x"))
    row = admin_client.get(AUDIT).context["classification"]
    with monkeypatch.context() as patch:
        patch.setattr(streams, "draw", lambda skipped: row)  # by chance the same
        say(client, AUDIT, "rock")
    assert Verdict.objects.get().stream == Verdict.Stream.AUDIT
    assert admin_client.get(AUDIT).context["classification"] != row


def test_what_one_picks_oneself_is_not_drawn_at_random(admin_client, songs, make_classification):
    drawn = admin_client.get(AUDIT).context["classification"]
    upload = make_classification(source="upload", source_id="ab" * 32, genre="rock")
    for row in (upload, next(song for song in songs if song != drawn)):
        say(admin_client, AUDIT, "pop", admin_client.get(AUDIT, {"song": row.public_id}))
    assert set(Verdict.objects.values_list("stream", flat=True)) == {"list"}
    assert audit.report().n == 0


def test_nothing_done_with_the_doubtful_draws_another_one(admin_client, songs):
    drawn = admin_client.get(AUDIT).context["classification"]
    other = next(song for song in songs if song != drawn)
    page = admin_client.get(DOUBTFUL, {"song": other.public_id})
    say(admin_client, DOUBTFUL, "skip", page)
    say(admin_client, DOUBTFUL, "pop", page)
    assert admin_client.get(AUDIT).context["classification"] == drawn


def test_a_video_plays_in_the_page_after_a_press_alone(admin_client, songs):
    page = admin_client.get(DOUBTFUL).content.decode()
    assert 'data-youtube="' in page
    assert "js/player" in page
    assert "<iframe" not in page


def test_what_people_said_beside_the_models_genres_has_a_column(admin_client, songs):
    for _ in range(10):
        song = admin_client.get(AUDIT).context["classification"]
        admin_client.post(
            AUDIT, {"song": song.public_id, "seen": "", "said": "other", "other": "Polka"}
        )
    page = admin_client.get(HOW_GOOD)
    assert page.context["labels"][-1] == "polka"
    assert '<th scope="col">polka</th>' in page.content.decode()
