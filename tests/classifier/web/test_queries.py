"""How often each page asks the database: a number that grows is seen here, and not by visitors."""

from __future__ import annotations

import pytest
from django.urls import reverse

from classifier.models import HistoryEntry, Spectrogram
from classifier.sources import Track
from classifier.visitors.identity import SESSION_KEY
from classifier.web.views import search

ANYBODY, OWNER = False, True


@pytest.fixture
def song(make_classification):
    """An answer with two others beside it, so that a query for each row would show."""
    songs = [make_classification() for _ in range(3)]
    for row in songs:
        Spectrogram.objects.create(classification=row, png=b"png", columns=[10])
        HistoryEntry.objects.create(visitor="me", classification=row)
    return songs[0]


@pytest.fixture
def browser(client, song):
    """Open pages as anybody, or as the visitor whose history has the songs."""

    def of(owner: bool):
        if owner:
            session = client.session
            session[SESSION_KEY] = "me"
            session.save()
        return client

    return of


# For the owner the session is one of them.
PAGES = [
    ("home", [], ANYBODY, 1),
    ("home", [], OWNER, 1),
    ("classification", ["song"], ANYBODY, 1),
    ("classification", ["song"], OWNER, 4),
    ("status", ["song"], OWNER, 3),
    ("classification_json", ["song"], OWNER, 3),
    ("classification_csv", ["song"], OWNER, 3),
    ("spectrogram", ["song"], ANYBODY, 1),
    ("share_image", ["song"], ANYBODY, 2),
    ("compare", [], OWNER, 2),
    ("history", [], ANYBODY, 0),
    ("history", [], OWNER, 3),
    ("history_json", [], OWNER, 2),
    ("history_csv", [], OWNER, 2),
    ("about", [], ANYBODY, 0),
    ("privacy", [], ANYBODY, 0),
    ("how_it_works", [], ANYBODY, 0),
    ("models", [], ANYBODY, 0),
    ("health", [], ANYBODY, 3),
    ("livez", [], ANYBODY, 0),
]


@pytest.mark.parametrize(("name", "arguments", "owner", "queries"), PAGES)
def test_a_page_asks_so_often(
    name, arguments, owner, queries, browser, song, django_assert_num_queries
):
    client = browser(owner)
    url = reverse(name, args=[song.public_id] if arguments else [])
    read(client.get(url))  # what is the same for everybody is kept from now on
    with django_assert_num_queries(queries):
        assert read(client.get(url)).status_code == 200


def test_the_first_look_at_an_answer(browser, song, django_assert_num_queries):
    with django_assert_num_queries(3):  # the row, what it is explained with, and the spectrogram
        browser(ANYBODY).get(song.get_absolute_url())


def test_a_waiting_page(browser, make_classification, django_assert_num_queries):
    waiting = make_classification(state="queued")
    with django_assert_num_queries(3):  # the row, the workers, how many are before it
        browser(ANYBODY).get(waiting.get_absolute_url())


def test_readiness(browser, song, worker_alive, django_assert_num_queries):
    with django_assert_num_queries(3):  # whether there is a database, the queue, the workers
        browser(ANYBODY).get(reverse("readyz"))


def test_a_comparison(browser, song, make_classification, django_assert_num_queries):
    chosen = {"a": song.public_id, "b": make_classification().public_id}
    client = browser(OWNER)
    with django_assert_num_queries(6):
        assert client.get(reverse("compare"), chosen).status_code == 200


def test_a_search(browser, settings, monkeypatch, django_assert_num_queries):
    settings.YOUTUBE_ENABLED = True
    settings.SEARCHES_PER_MINUTE = settings.SEARCHES_PER_MINUTE_IN_ALL = 0  # counting asks too
    found = [Track("youtube", f"video{i:06}", "Song") for i in range(12)]
    monkeypatch.setattr(search.youtube, "find", lambda query, n: found)
    client = browser(OWNER)
    with django_assert_num_queries(2):  # which of either shelf are answered
        assert client.get(reverse("search"), {"q": "song"}).status_code == 200


def read(response):
    """Read a response to its end: some are made while they are sent."""
    if response.streaming:
        b"".join(response.streaming_content)
    return response
