"""The pages of the collection: who sees them, what they show, and how a song is played."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from classifier.collection.scan import scan
from classifier.models import Classification, CollectionTrack, HistoryEntry
from tests.classifier.collection.conftest import answer, make_file, music, picture, scanned

__all__ = ["answer", "make_file", "music", "scanned"]


@pytest.fixture
def album(make_file, scanned, answer, settings):
    settings.COLLECTION_PUBLIC = True
    for n, title in enumerate(("One", "Two <b>"), 1):
        make_file(f"{n}.flac", level=0.1 * n, title=title, artist="Ann", album="First & last",
                  tracknumber=n, cover=picture())  # fmt: skip
    scanned()
    answer("One", "jazz")
    return CollectionTrack.objects.get(title="One")


def test_it_lists_searches_and_counts(client, album):
    page = client.get(reverse("collection"))
    text = page.content.decode()
    assert "2 tracks." in text
    assert "Two &lt;b&gt;" in text
    assert "2 files, 1 heard" in text
    assert reverse("collection_cover", args=[album.cover]) in text
    found = client.get(reverse("collection"), {"q": "two"}).content.decode()
    assert "1 track." in found
    assert "Two &lt;b&gt;" in found
    assert ">One<" not in found
    by_genre = client.get(reverse("collection"), {"genre": "jazz"}).content.decode()
    assert "1 track." in by_genre


def test_what_is_typed_wrong_is_said(client, album):
    page = client.get(reverse("collection"), {"genre": "polka", "q": "x" * 300, "page": "many"})
    assert page.status_code == 400
    assert "Choose one of the ten genres, or any." in page.content.decode()
    assert client.get(reverse("collection"), {"page": "99999"}).status_code == 200
    assert (
        "Nothing here fits that" in client.get(reverse("collection"), {"q": "zz"}).content.decode()
    )


def test_an_album_shows_one_answer_and_its_tracks(client, album):
    text = client.get(reverse("collection_album", args=[album.album_key])).content.decode()
    assert "First &amp; last" in text
    assert "91.0" in text
    assert "1 has no answer yet." in " ".join(text.split())
    assert client.get(reverse("collection_album", args=["0" * 64])).status_code == 404


def test_a_song_is_asked_for_from_its_tile(client, album, work):
    text = client.get(reverse("collection"), {"q": "two"}).content.decode()
    choice = text.split('name="choice" value="')[1].split('"')[0]
    page = client.post(reverse("classify"), {"choice": choice}, follow=True)
    assert page.status_code == 200
    row = Classification.objects.get(source="collection", title="Two <b>")
    assert HistoryEntry.objects.filter(classification=row).exists()
    work()
    page = client.get(row.get_absolute_url())
    assert reverse("collection_audio", args=[row.source_id]) in page.content.decode()
    assert "From the collection" in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "status", "wanted"),
    [
        ("", 200, slice(None)),
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-99999999999", 206, slice(5, None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("nonsense", 200, slice(None)),
        ("bytes=9-3", 416, slice(0)),
        ("bytes=999999999-", 416, slice(0)),
        ("bytes=-0", 416, slice(0)),
    ],
)
def test_a_part_of_a_song_can_be_asked_for(client, album, asked, status, wanted):
    headers = {"Range": asked} if asked else {}
    response = client.get(reverse("collection_audio", args=[album.audio]), headers=headers)
    assert response.status_code == status
    got = response.content if status == 416 else b"".join(response.streaming_content)
    assert got == album.file.read_bytes()[wanted]
    assert response.headers["Content-Type"].startswith("audio/flac" if status != 416 else "text")
    if status == 206:
        assert response["Content-Length"] == str(len(got))


def test_a_file_that_is_gone_or_was_never_there_is_not_found(client, album):
    album.file.unlink()
    for sound in (album.audio, "0" * 64, "..", "x" * 3000):
        assert client.get(reverse("collection_audio", args=[sound])).status_code == 404
    assert client.get(reverse("collection_cover", args=["0" * 64])).status_code == 404
    assert client.get(reverse("collection_cover", args=["passwd"])).status_code == 404


def addresses(album) -> list[str]:
    return [
        reverse("collection"),
        reverse("collection_album", args=[album.album_key]),
        reverse("collection_audio", args=[album.audio]),
        reverse("collection_cover", args=[album.cover]),
    ]


def test_others_than_those_with_accounts_find_no_such_page(client, album, settings):
    settings.COLLECTION_PUBLIC = False
    assert [client.get(address).status_code for address in addresses(album)] == [404] * 4
    row = Classification.objects.get(source="collection")
    page = client.get(row.get_absolute_url()).content.decode()
    assert reverse("collection_audio", args=[row.source_id]) not in page
    assert reverse("collection") not in client.get("/").content.decode()


def test_staff_and_accounts_of_a_private_site_see_it(client, admin_client, album, settings):
    settings.COLLECTION_PUBLIC = False
    assert [admin_client.get(address).status_code for address in addresses(album)] == [200] * 4
    row = Classification.objects.get(source="collection")
    change = reverse("admin:classifier_classification_change", args=[row.pk])
    assert (
        reverse("collection_audio", args=[row.source_id])
        in admin_client.get(change).content.decode()
    )
    client.force_login(User.objects.create_user("ann"))
    assert client.get(reverse("collection")).status_code == 404  # the site is not private
    settings.PRIVATE_SITE = True
    assert client.get(reverse("collection")).status_code == 200
    assert reverse("collection") in client.get("/").content.decode()


def test_a_page_asks_as_often_for_many_tracks_as_for_few(
    client, album, make_file, music, django_assert_max_num_queries
):
    client.get(reverse("collection"))
    for n in range(12):
        make_file(f"more {n}.wav", level=0.01 * n + 0.02)
    list(scan([music], str))
    with django_assert_max_num_queries(10):
        client.get(reverse("collection"))
    with django_assert_max_num_queries(5):
        client.get(reverse("collection_album", args=[album.album_key]))
