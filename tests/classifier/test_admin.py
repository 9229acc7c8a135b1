import pytest
from django.urls import reverse

from classifier.models import HistoryEntry

LIST = reverse("admin:classifier_classification_changelist")


@pytest.fixture
def songs(make_classification):
    return [
        make_classification(title="Alpha", genre="jazz"),
        make_classification(title="Beta", genre="rock", reviewed_genre="rock"),
        make_classification(title="Gamma", genre="rock", reviewed_genre="metal"),
    ]


def test_visitors_are_sent_to_the_login(client, db):
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, {"Alpha", "Beta", "Gamma"}),
        ({"genre": "rock"}, {"Beta", "Gamma"}),
        ({"review": "open"}, {"Alpha"}),
        ({"review": "agreed"}, {"Beta"}),
        ({"review": "corrected"}, {"Gamma"}),
        ({"q": "alph"}, {"Alpha"}),
        ({"state": "failed"}, set()),
    ],
)
def test_staff_list_filter_and_search(admin_client, songs, query, titles):
    response = admin_client.get(LIST, query)
    assert response.status_code == 200
    assert {obj.title for obj in response.context["cl"].queryset} == titles


def test_staff_correct_a_genre_and_nothing_else(admin_client, admin_user, songs):
    song = songs[0]
    HistoryEntry.objects.create(visitor="v", classification=song, title="file.mp3")
    url = reverse("admin:classifier_classification_change", args=[song.pk])
    page = admin_client.get(url).content.decode()
    assert "91.0 %" in page
    assert "file.mp3" in page
    response = admin_client.post(
        url,
        {
            "reviewed_genre": "blues",
            "genre": "pop",
            "title": "Renamed",
            "entries-TOTAL_FORMS": 0,
            "entries-INITIAL_FORMS": 0,
        },
    )
    assert response.status_code == 302
    song.refresh_from_db()
    assert (song.reviewed_genre, song.genre, song.title) == ("blues", "jazz", "Alpha")
    assert song.reviewed_by == admin_user
    assert song.reviewed_at is not None


def test_staff_confirm_many_at_once(admin_client, songs):
    pks = [song.pk for song in songs]
    admin_client.post(LIST, {"action": "confirm", "_selected_action": pks}, follow=True)
    for song in songs:
        song.refresh_from_db()
        assert song.reviewed_genre == song.genre
