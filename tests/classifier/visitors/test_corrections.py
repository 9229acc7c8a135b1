from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse

from classifier.models import Correction
from classifier.visitors import corrections
from classifier.web.result_context import correction_context


@pytest.fixture
def song(make_classification):
    return make_classification(genre="metal")


def say(client, song, genre: str):
    return client.post(reverse("correct", args=[song.public_id]), {"genre": genre}, follow=True)


def request_of(client):
    request = RequestFactory().get("/")
    request.session = client.session
    return request


def test_a_visitor_says_changes_and_takes_back(client, song):
    assert "Thank you. You say: hip-hop." in say(client, song, "hiphop").content.decode()
    say(client, song, "none")
    said = Correction.objects.get()
    assert (said.genre, said.classification) == ("none", song)
    assert said.visitor == client.session["visitor"]
    assert said.updated_at > said.created_at
    client.post(reverse("uncorrect", args=[song.public_id]))
    assert not Correction.objects.exists()


def test_the_answer_stays_as_it_was(client, song):
    say(client, song, "rock")
    song.refresh_from_db()
    assert (song.genre, song.reviewed_genre) == ("metal", "")


def test_every_visitor_has_one_word_and_only_their_own(client, client_factory, song):
    other = client_factory(REMOTE_ADDR="192.0.2.9")
    say(client, song, "rock")
    say(other, song, "blues")
    assert Correction.objects.count() == 2
    client.post(reverse("uncorrect", args=[song.public_id]))
    assert Correction.objects.get().genre == "blues"
    client_factory().post(reverse("uncorrect", args=[song.public_id]))
    assert Correction.objects.count() == 1


def test_a_network_has_one_word_on_a_song_however_many_cookies(client_factory, song):
    """Thirty new sessions of one address stuff no ballot."""
    for _ in range(30):
        say(client_factory(), song, "rock")
    assert Correction.objects.count() == 1
    page = say(client_factory(), song, "blues").content.decode()
    assert "Somebody on your network has said already what it is." in page
    # The same home with IPv6, whichever of its networks is used.
    for network in ("1", "2", "3"):
        say(client_factory(REMOTE_ADDR=f"2001:db8:0:{network}::1"), song, "rock")
    assert Correction.objects.count() == 2


def test_networks_of_corrections_do_not_compare_between_songs(client, song, make_classification):
    say(client, song, "rock")
    say(client, make_classification(), "rock")
    homes = set(Correction.objects.values_list("home", flat=True))
    assert len(homes) == 2
    assert "" not in homes


def test_who_takes_back_leaves_room_for_another_of_the_network(client, client_factory, song):
    say(client, song, "rock")
    client.post(reverse("uncorrect", args=[song.public_id]))
    say(client_factory(), song, "blues")
    assert Correction.objects.get().genre == "blues"


@pytest.mark.parametrize(
    ("genre", "sentence"),
    [("", "Choose what it really is first."), ("zouk", "Choose one of the ten genres")],
)
def test_what_is_no_genre_is_a_sentence(client, song, genre, sentence):
    assert sentence in say(client, song, genre).content.decode()
    assert not Correction.objects.exists()
    assert "visitor" not in client.session


def test_only_a_finished_answer_is_corrected(client, make_classification):
    assert say(client, make_classification(state="queued"), "rock").status_code == 404


def test_a_link_corrects_nothing(client, song):
    url = reverse("correct", args=[song.public_id])
    assert client.get(url, {"genre": "rock"}).status_code == 405


def test_too_many_in_an_hour_are_refused(client, make_classification, settings):
    settings.CORRECTIONS_PER_HOUR = 2
    songs = [make_classification() for _ in range(3)]
    answers = [say(client, song, "rock").content.decode() for song in songs]
    assert ["a lot of corrections" in text for text in answers] == [False, False, True]
    assert Correction.objects.count() == 2


def test_the_form_offers_eleven_choices_and_remembers(client, song):
    context = {"classification": song} | correction_context(request_of(client), song)
    page = render_to_string("result/_correction.html", context)
    assert page.count("<option") == 12
    assert "Take it back" not in page
    say(client, song, "none")
    context = {"classification": song} | correction_context(request_of(client), song)
    page = render_to_string("result/_correction.html", context)
    assert '<option value="none" selected>' in page
    assert "You say: <strong>none of the ten</strong>" in page
    assert "Take it back" in page


@pytest.mark.parametrize(
    ("genres", "expected"),
    [
        ([], ("", 0)),
        (["rock"], ("rock", 1)),
        (["rock", "pop", "rock"], ("rock", 2)),
        (["rock", "pop"], ("", 1)),
        (["a", "b", "a", "b", "c"], ("", 2)),
    ],
)
def test_most_named(genres, expected):
    assert corrections.most_named(genres) == expected
