import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.models import Classification, Correction, HistoryEntry, Picture

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


def said(song, *genres: str) -> None:
    for i, genre in enumerate(genres):
        Correction.objects.create(visitor=f"v{i}", classification=song, genre=genre)


def act(admin_client, action: str, songs):
    pks = [song.pk for song in songs]
    return admin_client.post(LIST, {"action": action, "_selected_action": pks}, follow=True)


@pytest.mark.parametrize(
    ("value", "titles"), [("any", {"Alpha", "Beta"}), ("other", {"Alpha"}), ("no", {"Gamma"})]
)
def test_staff_find_what_visitors_corrected(admin_client, songs, value, titles):
    said(songs[0], "jazz", "blues")
    said(songs[1], "rock")
    response = admin_client.get(LIST, {"corrections": value})
    assert {obj.title for obj in response.context["cl"].queryset} == titles


def test_who_says_none_of_the_ten_agrees_with_a_model_that_says_so(
    admin_client, make_classification
):
    said(make_classification(title="Agreed", is_outside=True), "none")
    said(make_classification(title="Contradicted", is_outside=True, genre="rock"), "rock")
    response = admin_client.get(LIST, {"corrections": "other"})
    assert {obj.title for obj in response.context["cl"].queryset} == {"Contradicted"}


def test_the_list_says_what_visitors_say_in_few_queries(admin_client, songs, make_classification):
    said(songs[0], "blues", "blues", "pop")
    said(songs[1], "none", "pop")
    with CaptureQueriesContext(connection) as few:
        page = admin_client.get(LIST).content.decode()
    assert "blues (2 of 3)" in page
    assert "divided (2)" in page
    for _ in range(5):
        said(make_classification(), "hiphop")
    with CaptureQueriesContext(connection) as many:
        assert "hip-hop (1 of 1)" in admin_client.get(LIST).content.decode()
    assert len(many) == len(few)


def test_staff_accept_what_most_visitors_say(admin_client, admin_user, songs):
    said(songs[0], "blues", "blues", "pop")
    said(songs[1], "none", "pop")
    response = act(admin_client, "accept_corrections", songs)
    assert "1 accepted. 2 left alone" in response.content.decode()
    for song in songs:
        song.refresh_from_db()
    assert [song.reviewed_genre for song in songs] == ["blues", "rock", "metal"]
    assert songs[0].reviewed_by == admin_user
    assert songs[0].reviewed_at is not None


def test_staff_mark_many_as_none_and_clear_them(admin_client, songs):
    act(admin_client, "mark_none", songs)
    assert {c.reviewed_genre for c in Classification.objects.all()} == {"none"}
    act(admin_client, "clear_review", songs)
    assert not Classification.objects.exclude(reviewed_genre="", reviewed_at=None).exists()


def test_what_has_no_answer_is_not_reviewed(admin_client, make_classification):
    failed = make_classification(state="failed")
    said(failed, "rock")
    for action in ("confirm", "accept_corrections", "mark_none"):
        act(admin_client, action, [failed])
    failed.refresh_from_db()
    assert failed.reviewed_genre == ""


def test_confirming_none_of_the_ten_says_none(admin_client, make_classification):
    song = make_classification(genre="rock", is_outside=True)
    act(admin_client, "confirm", [song])
    song.refresh_from_db()
    assert song.reviewed_genre == "none"
    assert song in Classification.objects.confirmed()


def test_who_may_only_look_reviews_nothing(client, songs):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_classification"))
    client.force_login(viewer)
    act(client, "mark_none", songs)
    assert not Classification.objects.filter(reviewed_genre="none").exists()


def test_the_timeline_and_what_visitors_say_stand_on_the_page_of_a_song(admin_client, songs):
    segments = [{"start_s": 61, "end_s": 64, "probabilities": [0, 0, 0, 0, 0, 0.7, 0, 0.3, 0, 0]}]
    Classification.objects.filter(pk=songs[0].pk).update(segments=segments)
    said(songs[0], "blues", "none", "none")
    url = reverse("admin:classifier_classification_change", args=[songs[0].pk])
    text = " ".join(admin_client.get(url).content.decode().split())
    assert (
        '<th scope="row">1:01</th><td>1:04</td><td>jazz</td><td>70.0 %</td><td>pop</td>'
        "<td>30.0 %</td>" in text
    )
    assert "none of the ten: 2, blues: 1" in text


def test_the_spectrogram_stands_on_the_page_of_a_song_that_has_one(
    admin_client, make_classification
):
    song = make_classification()
    url = reverse("admin:classifier_classification_change", args=[song.pk])
    assert "overview-picture" not in admin_client.get(url).content.decode()
    Picture.objects.create(classification=song, png=b"png", columns=[300, 200])
    page = admin_client.get(url).content.decode()
    assert f'src="{reverse("spectrogram", args=[song.public_id])}" width="500"' in page
