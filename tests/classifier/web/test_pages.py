import html
import json
import re

import pytest
from django.urls import reverse

from classifier.models import Classification, HistoryEntry
from classifier.sources import SourceError, library
from classifier.sources.youtube import source
from ml.data.gtzan import GENRES
from ml.registry.bundles import SHIPPED
from ml.registry.card import file_sha256
from tests.card_data import card_data

PAGES = ["home", "history", "how_it_works", "about"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_answer_and_ask_nothing_of_other_sites(client, db, name):
    response = client.get(reverse(name))
    assert response.status_code == 200
    text = response.content.decode()
    assert 'src="http' not in text
    assert "style=" not in text  # the security policy forbids it
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_how_it_works_reads_its_numbers_from_the_card(client, db):
    scores = card_data(SHIPPED.card())["metrics"]["test_filtered"]
    text = client.get(reverse("how_it_works")).content.decode()
    assert f"{scores['accuracy'] * 100:.1f}\N{NO-BREAK SPACE}%" in text
    for genre in ("hip-hop", "reggae"):
        assert genre in text


def test_home_offers_search_upload_and_the_library(client, db):
    response = client.get(reverse("home"))
    text = response.content.decode()
    assert reverse("search") in text
    assert reverse("upload") in text
    for track in library.tracks():
        assert track.title in text.replace("&#x27;", "'").replace("&amp;", "&")
    assert "sessionid" not in response.cookies  # only asking for something starts a session


def test_each_genre_of_the_home_page_starts_a_search(client, db, settings):
    settings.YOUTUBE_ENABLED = False
    text = client.get(reverse("home")).content.decode()
    links = re.findall(r'<a class="genre-tag [^"]+" href="([^"]+)"', text)
    assert len(links) == len(SHIPPED.card().labels)
    for link in links:
        response = client.get(html.unescape(link))
        assert response.status_code == 200
        assert response.context["found_in_library"]


def test_a_search_of_nothing_or_of_too_much_is_a_sentence(client, db):
    for query, sentence in (("", "Type a song"), ("  ", "Type a song"), ("x" * 300, "too long")):
        response = client.get(reverse("search"), {"q": query})
        assert response.status_code == 400
        assert sentence in response.content.decode()


@pytest.mark.parametrize("query", ["blues", "BLUES"])
def test_the_library_is_found_by_genre(client, db, query):
    response = client.get(reverse("search"), {"q": query})
    found = [card["track"] for card in response.context["found_in_library"]]
    assert found
    assert all(track.genre == "blues" for track in found)


def test_words_of_the_library_are_found_by_how_they_begin():
    assert [track.source_id for track in library.search("prel bach")] == ["prelude-in-c-bach"]
    assert library.search("la la") == []  # inside "played" it is no word
    assert library.search("-") == []


def test_about_says_who_runs_it_where_that_is_known(client, db, settings):
    plain = client.get(reverse("about")).content.decode()
    assert "Who runs it" not in plain
    settings.OPERATOR, settings.CONTACT = "Ada <b>", "mailto:ada@example.org"
    settings.SOURCE_URL = "https://example.org/source"
    text = client.get(reverse("about")).content.decode()
    assert "run by Ada &lt;b&gt;." in text
    assert 'href="mailto:ada@example.org"' in text
    assert text.count('href="https://example.org/source"') == 2  # and in the footer


def test_the_limits_on_the_pages_are_the_settings(client, db, settings):
    settings.YOUTUBE_ENABLED = True
    settings.YOUTUBE_MAX_MINUTES, settings.YOUTUBE_EXCERPTS, settings.YOUTUBE_EXCERPT_S = 60, 2, 7
    assert "videos of up to 1 hour," in client.get(reverse("about")).content.decode()
    how = " ".join(client.get(reverse("how_it_works")).content.decode().split())
    assert "it hears 2 excerpts of 7 seconds" in how
    settings.YOUTUBE_MAX_MINUTES = 100
    assert "videos of up to 100 minutes," in client.get(reverse("about")).content.decode()


def test_hip_hop_is_found_however_it_is_written():
    assert library.search("hiphop") == library.search("hip-hop") == library.search("hip hop") != []


def test_the_catalogue_describes_the_files_that_are_there():
    entries = library.catalog().values()
    assert {entry["file"] for entry in entries} == {p.name for p in library.FOLDER.glob("*.mp3")}
    for entry in entries:
        assert file_sha256(library.FOLDER / entry["file"]) == entry["sha256"], entry["file"]
        assert entry["genre"] in GENRES
    assert len({entry["genre"] for entry in entries}) >= 6
    assert sum(path.stat().st_size for path in library.FOLDER.iterdir()) <= 6_000_000


def test_every_demo_track_is_credited(client, db):
    text = client.get(reverse("about")).content.decode()
    text = " ".join(html.unescape(re.sub("<[^>]+>", "", text)).split())
    for track in library.tracks():
        assert track.credit in text


def test_the_library_is_found_by_title_and_by_artist():
    for track in library.tracks():
        assert track in library.search(track.title)
        assert track in library.search(track.artist.lower())
    assert library.search("no such thing at all") == []


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", "%00", "' OR 1=1", "../", "🎵", "\x00"]
)
def test_nonsense_is_searched_for_harmlessly(client, db, query):
    response = client.get(reverse("search"), {"q": query})
    assert response.status_code in {200, 400}
    assert "<script>alert" not in response.content.decode()


def test_youtube_out_of_reach_is_said_with_upload_and_library_beside_it(
    client, db, settings, monkeypatch
):
    settings.YOUTUBE_ENABLED = True

    def unreachable(query, limit):
        raise SourceError("network")

    monkeypatch.setattr(source, "find", unreachable)
    response = client.get(reverse("search"), {"q": "zzz"})
    text = response.content.decode()
    assert "YouTube cannot be reached from this server" in text
    assert reverse("upload") in text
    assert len(response.context["library"]) == len(library.tracks())


def test_cards_of_songs_already_answered_show_the_answer(
    client, settings, monkeypatch, make_classification
):
    settings.YOUTUBE_ENABLED = True
    known = make_classification(source_id="aaaaaaaaaaa")
    monkeypatch.setattr(
        source,
        "find",
        lambda query, limit: [
            source.Track("youtube", "aaaaaaaaaaa", "Known"),
            source.Track("youtube", "bbbbbbbbbbb", "<b>New</b>", choosable=True),
            source.Track("youtube", "ccccccccccc", "Live", note="Live now", choosable=False),
        ],
    )
    response = client.get(reverse("search"), {"q": "zzz"})
    text, cards = response.content.decode(), response.context["found_on_youtube"]
    assert "91.0\N{NO-BREAK SPACE}%" in text
    assert "&lt;b&gt;New" in text
    assert "Live now" in text
    known_choice, new_choice = (card["choice"] for card in cards[:2])
    assert known_choice in text
    assert new_choice in text
    assert cards[2]["choice"] not in text
    response = client.post(reverse("classify"), {"choice": known_choice})
    assert response.url == known.get_absolute_url()
    assert HistoryEntry.objects.get().classification == known


def test_choosing_a_card_queues_it_under_the_name_it_was_shown_with(client, db):
    card = client.get(reverse("search"), {"q": "jazz"}).context["found_in_library"][0]
    response = client.post(reverse("classify"), {"choice": card["choice"]})
    classification = Classification.objects.get()
    assert response.url == classification.get_absolute_url()
    assert classification.title == card["track"].title
    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize("choice", ["", "made:up:thing", "x" * 5000])
def test_a_forged_choice_is_refused_with_a_sentence(client, db, choice):
    response = client.post(reverse("classify"), {"choice": choice}, follow=True)
    assert "no longer valid" in response.content.decode()
    assert Classification.objects.count() == 0


def test_reading_pages_cannot_be_posted_to_and_actions_not_linked_to(client, db):
    assert client.post(reverse("home")).status_code == 405
    for name in ("classify", "upload"):
        assert client.get(reverse(name)).url == reverse("home")  # Enter in the address bar


def test_health_tells_whether_a_worker_is_there(client, worker_alive):
    response = client.get(reverse("health"))
    assert response.status_code == 200
    assert json.loads(response.content)["status"] == "ok"
    worker_alive.ready = False
    worker_alive.save()
    assert client.get(reverse("health")).json()["status"] == "warming up"
    worker_alive.delete()
    assert client.get(reverse("health")).json()["status"] == "no worker"


def test_a_post_without_token_gets_a_page_of_ours(client_factory, db):
    client = client_factory(enforce_csrf_checks=True)
    response = client.post(reverse("classify"), {"choice": "x"})
    assert response.status_code == 403
    assert reverse("home") in response.content.decode()
