"""Playlists and batches as visitors meet them; the fake YouTube answers yt-dlp's real code."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier import batches
from classifier.models import Batch, BatchEntry, Classification, HistoryEntry, RateCount
from classifier.operations import retention
from classifier.sources import base
from classifier.sources.youtube.ytdlp import process
from classifier.visitors import history
from classifier.web import signed_tracks
from scripts.testbed.fake_youtube import modes, songs
from scripts.testbed.fake_youtube.world import Playlist

ID = "PL1234567890123456"
VIDEO = "song-000000"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unlimited(settings):
    settings.JOBS_AT_ONCE = settings.JOBS_PER_HOUR = settings.JOBS_PER_HOUR_IN_ALL = 0


@pytest.fixture
def listed(world):
    """A YouTube with a playlist of four songs, one of which was deleted."""
    world.songs = [songs.tiny_song(60, id=f"song-{i:06}", title=f"Number {i}") for i in range(4)]
    places = [world.songs[0].id, "deleted-000", *(song.id for song in world.songs[1:])]
    world.playlists = [Playlist(ID, "For the Road", places)]
    return world


@pytest.fixture
def start(me, listed):
    """Ask for the songs of the playlist, or the first few; returns the batch."""

    def post(count: int | None = None, client=me) -> Batch:
        page = client.get(reverse("playlist"), {"list": ID}).content.decode()
        response = client.post(reverse("start_batch"), fields_of(page, count))
        assert response.status_code == 302
        return Batch.objects.get(public_id=response["Location"].split("/")[2])

    return post


@pytest.fixture
def made(me, make_classification):
    """A batch of "me" without a YouTube: an answer, a failure, one that waits, one unasked."""
    batch = Batch.objects.create(visitor="me", title="Four", playlist_id=ID)
    rows = [
        make_classification(title="Done Song", genre="jazz", confidence=0.875),
        make_classification(state="failed", error="This video is private.", genre=""),
        make_classification(state="queued", genre=""),
        None,
    ]
    for position, row in enumerate(rows, 1):
        BatchEntry.objects.create(
            batch=batch,
            position=position,
            video_id=f"video-{position:05}",
            title=f"Song {position}",
            artist="Band",
            duration_s=200.0,
            classification=row,
        )
    return batch


def fields_of(page: str, count: int | None = None) -> dict:
    choices = re.findall(r'name="choice" value="([^"]+)" checked', page)
    return {
        "playlist": re.search(r'name="playlist" value="([^"]+)"', page)[1],
        "choice": choices[:count],
    }


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# The playlist


def test_a_link_leads_to_its_list_with_all_chosen(client, listed):
    response = client.get(
        reverse("search"), {"q": f"https://www.youtube.com/playlist?list={ID}&si=x"}, follow=True
    )
    assert response.redirect_chain == [(f"/playlist/?list={ID}", 302)]
    page = response.content.decode()
    assert page.count('type="checkbox" name="choice"') == page.count(" checked>") == 4
    text = text_of(response)
    assert "For the Road" in text
    assert "1 video is not available any more, and left out." in text
    assert "goes on" not in text


def test_the_link_of_a_song_in_a_playlist_offers_both(client, listed):
    response = client.get(reverse("search"), {"q": f"https://youtu.be/{VIDEO}?list={ID}"})
    page = response.content.decode()
    assert len(re.findall(r'name="choice"', page.partition("On YouTube")[2])) >= 1
    assert f'href="/playlist/?list={ID}"' in page
    assert listed.log == []


@pytest.mark.parametrize(
    ("list_id", "sentence"),
    [("RDMM", "A mix is put together"), ("WL", "by its owner alone"), ("x", "no playlist")],
)
def test_what_cannot_be_listed_is_refused_in_a_sentence(client, listed, list_id, sentence):
    link = f"https://www.youtube.com/playlist?list={list_id}"
    assert sentence in text_of(client.get(reverse("search"), {"q": link}))
    response = client.get(reverse("playlist"), {"list": list_id})
    assert response.status_code == 400
    assert sentence in text_of(response)
    # The one video of a mix is still to be had.
    mixed = client.get(reverse("search"), {"q": f"https://youtu.be/{VIDEO}?list={list_id}"})
    assert sentence in text_of(mixed)
    assert f"The video {VIDEO}" in text_of(mixed)
    assert listed.log == []


@pytest.mark.parametrize("list_id", ["", f"{ID}\0", "\0", "PL" + "x" * 5000, "../etc", f"{ID} "])
def test_nul_and_huge_ids_are_bad_requests(client, listed, list_id):
    assert client.get(reverse("playlist"), {"list": list_id}).status_code == 400
    assert listed.log == []


def test_a_playlist_counts_as_a_search(client, listed, settings):
    settings.SEARCHES_PER_MINUTE = 1
    assert client.get(reverse("playlist"), {"list": ID}).status_code == 200
    asked = len(listed.log)
    response = client.get(reverse("playlist"), {"list": ID})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert len(listed.log) == asked
    assert "a lot of searching" in text_of(client.get(reverse("search"), {"q": "chord"}))


def test_a_playlist_longer_than_the_limit(client, listed, settings):
    settings.PLAYLIST_MAX_VIDEOS = 2
    response = client.get(reverse("playlist"), {"list": ID})
    assert "its first 2 videos are listed" in text_of(response)
    assert response.content.decode().count('name="choice"') == 1  # the second was deleted


def test_an_empty_playlist(client, listed):
    listed.playlists = [Playlist(ID, "Empty", [])]
    response = client.get(reverse("playlist"), {"list": ID})
    assert "no video in this playlist" in text_of(response)
    assert reverse("start_batch") not in response.content.decode()


def test_what_youtube_refuses_is_said(client, listed):
    listed.mode = "rate429"
    response = client.get(reverse("playlist"), {"list": ID})
    assert "YouTube asks this server to slow down." in text_of(response)


def test_hostile_titles_are_escaped(me, listed, start):
    listed.mode = "html_titles"
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    assert "alert(&#x27;x&#x27;)" in page
    batch = start()
    assert batch.title == modes.NASTY + "For the Road"
    for url in (batch.get_absolute_url(), reverse("history")):
        page = me.get(url).content.decode()
        assert "<script>alert" not in page
        assert "alert(&#x27;x&#x27;)" in page


# The batch


def test_all_chosen_songs_are_heard_and_stand_in_one_table(me, start, work):
    batch = start()
    assert batch.visitor == "me"
    entries = list(batch.entries.all())
    assert [entry.title for entry in entries] == [f"Number {i}" for i in range(4)]
    assert [entry.position for entry in entries] == [1, 2, 3, 4]
    page = me.get(batch.get_absolute_url())
    assert "0 of 4 answered, 4 waiting." in text_of(page)
    assert 'http-equiv="refresh"' in page.content.decode()  # for browsers without scripts
    assert 'data-status-url="' in page.content.decode()
    status = reverse("batch_status", args=[batch.public_id])
    assert me.get(status)["X-Finished"] == "no"
    assert work() == 4
    assert me.get(status)["X-Finished"] == "yes"
    page = me.get(batch.get_absolute_url())
    assert "4 of 4 answered." in text_of(page)
    assert '<progress class="batch-progress" max="4" value="4"' in page.content.decode()
    assert "refresh" not in page.content.decode()
    assert text_of(page).count("blues") == 4
    for row in Classification.objects.all():
        assert f'href="{row.get_absolute_url()}"' in page.content.decode()
    assert HistoryEntry.objects.filter(visitor="me").count() == 4


def test_only_what_is_chosen_is_asked_for(start):
    batch = start(2)
    assert [entry.video_id for entry in batch.entries.all()] == ["song-000000", "song-000001"]
    assert Classification.objects.count() == 2


def test_the_failure_of_one_song_is_a_sentence_beside_the_others(me, listed, start, work):
    batch = start()
    del listed.songs[1]
    work()
    page = text_of(me.get(batch.get_absolute_url()))
    assert "3 of 4 answered, 1 failed." in page
    assert "This video is not available any more." in page


def test_a_song_twice_in_a_playlist_or_a_request_is_asked_for_once(me, listed, start):
    listed.playlists = [Playlist(ID, "Twice", [VIDEO, "song-000001", VIDEO])]
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    fields = fields_of(page)
    assert len(fields["choice"]) == 2
    me.post(reverse("start_batch"), {**fields, "choice": fields["choice"] * 3})
    assert [entry.video_id for entry in Batch.objects.get().entries.all()] == [VIDEO, "song-000001"]


def test_answers_that_are_stored_are_there_at_once(start, make_classification, settings):
    settings.JOBS_PER_HOUR = 1
    known = make_classification(source_id="song-000003")
    batch = start()
    asked = batch.entries.exclude(classification=None)
    # After the refusal too: what is stored already is never refused.
    assert [entry.video_id for entry in asked] == [VIDEO, "song-000003"]
    assert asked[1].classification == known


def test_what_the_limit_of_an_hour_holds_back_is_asked_for_later(me, start, settings, work):
    settings.JOBS_PER_HOUR = 3
    batch = start()
    assert batch.held_back == Batch.HeldBack.AN_HOUR
    page = me.get(batch.get_absolute_url())
    assert "3 waiting, 1 not yet asked for." in text_of(page)
    assert "a limited number of songs an hour" in text_of(page)
    assert "data-when-finished" not in page.content.decode()  # it would be refused over and over
    ask = reverse("ask_for_rest", args=[batch.public_id])
    counted = RateCount.objects.get(key__startswith="job:", n=4).n
    page = me.post(ask, follow=True)
    assert "None could be asked for yet." in text_of(page)
    assert RateCount.objects.filter(key__startswith="job:", n=counted + 1).exists()  # one try only
    RateCount.objects.all().delete()
    me.post(ask)
    assert not batch.entries.filter(classification=None).exists()
    batch.refresh_from_db()
    assert batch.held_back == ""
    assert work() == 4


def test_one_try_counts_however_many_songs_are_refused(start, settings):
    settings.JOBS_PER_HOUR = 1
    start()
    assert set(RateCount.objects.filter(key__startswith="job:").values_list("n", flat=True)) == {2}


def test_songs_at_once_come_one_after_the_other(me, start, settings, work):
    settings.JOBS_AT_ONCE = 2
    batch = start()
    assert batch.held_back == Batch.HeldBack.AT_ONCE
    ask = reverse("ask_for_rest", args=[batch.public_id])
    page = me.get(batch.get_absolute_url())
    assert "2 songs from your network are heard at a time." in text_of(page)
    assert "data-when-finished" in page.content.decode()
    me.post(ask)
    assert Classification.objects.count() == 2  # both places are still taken
    assert work() == 2
    me.post(ask)
    assert work() == 2
    assert "4 of 4 answered." in text_of(me.get(batch.get_absolute_url()))


def test_batches_are_counted_too(me, listed, settings, start):
    settings.JOBS_PER_HOUR = 1
    start()
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    response = me.post(reverse("start_batch"), fields_of(page))
    assert response.status_code == 429
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("choice", [[], ["forged"], ["\0"], ["x" * 100_000], ["a:b:c"]])
def test_without_a_valid_choice_nothing_is_stored(me, listed, choice):
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    data = {**fields_of(page), "choice": choice}
    response = me.post(reverse("start_batch"), data, follow=True)
    assert "Choose at least one song first." in text_of(response)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("signed", ["", "forged", "\0", signed_tracks.SALT])
def test_a_forged_playlist_is_refused(me, listed, signed):
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    data = {**fields_of(page), "playlist": signed}
    assert "no longer valid" in text_of(me.post(reverse("start_batch"), data, follow=True))
    # Nor may the signature of a song stand for one.
    data["playlist"] = data["choice"][0]
    me.post(reverse("start_batch"), data)
    assert not Batch.objects.exists()


def test_only_videos_and_no_more_than_the_limit(me, listed, settings):
    page = me.get(reverse("playlist"), {"list": ID}).content.decode()
    home = me.get(reverse("home")).content.decode()
    track = re.search(r'name="choice" value="([^"]+)"', home)[1]  # of the library
    fields = fields_of(page)
    settings.PLAYLIST_MAX_VIDEOS = 3
    me.post(reverse("start_batch"), {**fields, "choice": [track, *fields["choice"]]})
    assert [entry.video_id for entry in Batch.objects.get().entries.all()] == [VIDEO, "song-000001"]


def test_the_longest_list_with_the_longest_titles_can_be_sent(me, settings):
    most = settings.PLAYLIST_MAX_VIDEOS = 500  # the largest value of the setting
    settings.JOBS_AT_ONCE = 1  # the others are kept, which is quick
    words = "\N{MUSICAL SYMBOL G CLEF}" * 100  # YouTube's limit, and twelve bytes each as JSON
    tracks = [base.Track("youtube", f"song-{i:06}", words, words, 200.0) for i in range(most)]
    fields = {
        "playlist": signed_tracks.sign_playlist(base.Playlist(ID, "Long", "", ())),
        "choice": [signed_tracks.sign(track) for track in tracks],
    }
    response = me.post(
        reverse("start_batch"), urlencode(fields, doseq=True), "application/x-www-form-urlencoded"
    )
    assert response.status_code == 302
    assert Batch.objects.get().entries.count() == most


def test_get_is_led_home_and_changes_nothing(me, made):
    assert me.get(reverse("start_batch"))["Location"] == "/"
    for name in ("ask_for_rest", "forget_batch"):
        assert me.get(reverse(name, args=[made.public_id])).status_code == 405


# Whose it is


NAMES = ["batch", "batch_status", "batch_csv", "batch_json", "ask_for_rest", "forget_batch"]


@pytest.mark.parametrize("name", NAMES)
def test_nobody_else_sees_or_changes_it(made, client_factory, name):
    url = reverse(name, args=[made.public_id])
    stranger, other = client_factory(), client_factory()
    session = other.session
    session["visitor"] = "other"
    session.save()
    for browser in (stranger, other):
        ask = browser.post if name in {"ask_for_rest", "forget_batch"} else browser.get
        assert ask(url).status_code == 404
    assert Batch.objects.count() == 1
    assert made.entries.filter(classification=None).count() == 1


def test_a_batch_of_no_name_is_nobodys(client, made):
    Batch.objects.update(visitor="")
    assert client.get(made.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("path", ["x" * 17, "%00", "0" * 5000, "a%0Ab", "nobody-has-it"])
def test_ids_that_nobody_has(me, path):
    assert me.get(f"/batch/{path}/").status_code in {400, 404}


def test_every_state_is_in_the_table(me, made):
    response = me.get(made.get_absolute_url())
    text = text_of(response)
    assert "1 of 4 answered, 1 failed, 1 waiting, 1 not yet asked for." in text
    assert re.search(r"Song 1 Band jazz 87\.5\s?%|Song 1 Band jazz 88\s?%", text)
    assert "This video is private." in text
    assert "In the queue" in text
    assert "Not yet asked for" in text
    assert "The worker of this site is not running" in text
    assert response["Cache-Control"].startswith("max-age=0")


def test_the_table_as_files(me, made):
    made.entries.filter(position=1).update(title='=HYPERLINK("http://evil.example")')
    response = me.get(reverse("batch_csv", args=[made.public_id]))
    assert response["Content-Disposition"] == f'attachment; filename="songs-{made.public_id}.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [row["state"] for row in rows] == ["done", "failed", "queued", "not_asked"]
    assert rows[0]["title"].startswith("'=")
    assert (rows[0]["genre"], rows[0]["confidence"]) == ("jazz", "0.875")
    assert rows[1]["error"] == "This video is private."
    assert rows[0]["url"].startswith("http://testserver/song/")
    assert rows[3]["url"] == ""
    response = me.get(reverse("batch_json", args=[made.public_id]))
    items = json.loads(b"".join(response.streaming_content))
    assert [item["position"] for item in items] == [1, 2, 3, 4]
    assert items[0]["confidence"] == 0.875
    assert items[3]["genre"] == ""


@pytest.mark.parametrize(
    ("name", "queries"),
    [("batch", 4), ("batch_status", 4), ("batch_csv", 3), ("batch_json", 3)],
)
def test_however_many_songs_there_are_the_queries_are_few(
    me, made, make_classification, django_assert_num_queries, name, queries
):
    for position in range(5, 30):
        BatchEntry.objects.create(
            batch=made,
            position=position,
            video_id=f"video-{position:05}",
            classification=make_classification(is_outside=position % 2 == 0),
        )
    url = reverse(name, args=[made.public_id])
    me.get(url)
    with django_assert_num_queries(queries):  # the session, the batch, its songs, the workers
        response = me.get(url)
        b"".join(response)


# Forgetting


def test_the_history_leads_to_it(me, made, client_factory):
    page = me.get(reverse("history")).content.decode()
    assert f'href="{made.get_absolute_url()}"' in page
    assert "Forget everything" in page  # though no song is in the history
    assert "Nothing yet" not in page
    assert made.get_absolute_url() not in client_factory().get(reverse("history")).content.decode()


def test_forget_everything_takes_it_along(me, made):
    Batch.objects.create(visitor="other")
    me.post(reverse("forget_all"))
    assert [batch.visitor for batch in Batch.objects.all()] == ["other"]
    assert not BatchEntry.objects.exists()
    assert Classification.objects.count() == 3  # answers are everybody's


def test_one_song_that_is_forgotten_leaves_the_batch(me, made):
    answered = made.entries.get(position=1).classification
    other = Batch.objects.create(visitor="other")
    BatchEntry.objects.create(batch=other, position=1, video_id=VIDEO, classification=answered)
    entry = HistoryEntry.objects.create(visitor="me", classification=answered)
    only = Batch.objects.create(visitor="me")
    BatchEntry.objects.create(batch=only, position=1, video_id=VIDEO, classification=answered)
    me.post(reverse("forget_entry", args=[entry.pk]))
    assert [row.position for row in made.entries.all()] == [2, 3, 4]
    assert not Batch.objects.filter(pk=only.pk).exists()  # nothing was left of it
    assert other.entries.count() == 1


def test_an_unknown_visitor_forgets_nothing(made):
    Batch.objects.create(visitor="")
    assert history.forget("") == 0
    assert Batch.objects.count() == 2


def test_a_list_alone_is_forgotten(me, made, ask):
    ask()
    response = me.post(reverse("forget_batch", args=[made.public_id]), follow=True)
    assert "The list is forgotten." in text_of(response)
    assert not Batch.objects.exists()
    assert HistoryEntry.objects.count() == 1


def test_retention_purges_old_ones(made, settings):
    settings.HISTORY_DAYS = 10
    now = timezone.now()
    Batch.objects.update(created_at=now - timedelta(days=9))
    assert retention.purge_expired()["lists of songs"] == 0
    Batch.objects.update(created_at=now - timedelta(days=11))
    settings.HISTORY_DAYS = 0
    assert retention.purge_expired()["lists of songs"] == 0
    settings.HISTORY_DAYS = 10
    assert retention.purge_expired()["lists of songs"] == 1
    assert not BatchEntry.objects.exists()


def test_an_answer_that_is_deleted_may_be_asked_for_again(made):
    made.entries.get(position=2).classification.delete()
    assert batches.progress(made).unasked == 2


def test_a_batch_forgotten_meanwhile_stays_forgotten(me, start, settings, monkeypatch):
    settings.JOBS_AT_ONCE = 1
    batch = start()
    settings.JOBS_AT_ONCE = 0
    submit = batches.jobs.submit

    def forget_first(*args, **kwargs):
        Batch.objects.all().delete()
        return submit(*args, **kwargs)

    monkeypatch.setattr(batches.jobs, "submit", forget_first)
    response = me.post(reverse("ask_for_rest", args=[batch.public_id]))
    assert response.status_code == 302
    assert not Batch.objects.exists()


def test_without_youtube_there_is_no_list(client, settings, monkeypatch):
    settings.YOUTUBE_ENABLED = False
    monkeypatch.setattr(process, "run", lambda *args: pytest.fail("YouTube was asked"))
    assert "switched off" in text_of(client.get(reverse("playlist"), {"list": ID}))
    link = f"https://www.youtube.com/playlist?list={ID}"
    assert client.get(reverse("search"), {"q": link}).status_code == 200
