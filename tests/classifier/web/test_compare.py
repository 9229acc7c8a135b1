from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier import serving, sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import SourceError, Track
from ml.registry.bundles import SHIPPED
from tests.card_data import card_data

COMPARE = "/compare/"
OTHER = "mel-cnn-gtzan-1"


@pytest.fixture
def remember(me):
    """Give the visitor behind `client` a history."""

    def make(row, title=""):
        HistoryEntry.objects.create(visitor="me", classification=row, title=title)

    return make


def page_of(client, **query) -> str:
    """The page; where its template breaks a line is of no matter."""
    return " ".join(client.get(COMPARE, query).content.decode().split())


def test_two_answers_stand_side_by_side(client, make_classification):
    first = make_classification(title="First song", genre="jazz")
    second = make_classification(title="Second song", genre="rock")
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert page.index("First song") < page.index("Second song")
    assert page.count('<table class="odds') == 2
    for genre in ("blues", "rock"):
        assert page.count(f'class="strip-label genre-{genre}"') == 2
    assert first.get_absolute_url() in page
    assert second.get_absolute_url() in page
    assert "style=" not in page


def test_the_timelines_can_be_read_without_seeing_them(client, make_classification):
    rows = [make_classification(source_id=f"video{i:06}") for i in range(2)]
    page = page_of(client, a=rows[0].public_id, b=rows[1].public_id)
    for row in rows:
        # In the table and below the strips.
        assert page.count(f"watch?v={row.source_id}") == 2
    assert page.count("Probability of each genre, piece by piece") == 2


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({}, {"model_id": "mel-cnn-gtzan-1"}, (SHIPPED.default_id(), "mel-cnn-gtzan-1")),
        ({}, {"extent": "whole"}, ("excerpts", "the whole song")),
        ({}, {"source": "library"}, ("YouTube", "Library")),
        ({}, {"artist": "Another Band"}, ("Band", "Another Band")),
        ({}, {}, ("first", "second")),
        ({}, {"artist": ""}, ("first", "second")),
    ],
)
def test_two_of_one_title_are_told_apart(client, make_classification, first, second, words):
    rows = make_classification(**first), make_classification(**second)
    page = page_of(client, a=rows[0].public_id, b=rows[1].public_id)
    assert f"<title>Song: {words[0]} and {words[1]} ·" in page
    names = [page.partition(f'id="side-{n}"')[2].partition("</h2>")[0] for n in (1, 2)]
    assert [f"<bdi>{word}</bdi>" in name for word, name in zip(words, names, strict=True)] == [
        True,
        True,
    ]


def test_two_titles_need_nothing_more(client, make_classification):
    first = make_classification(title="One")
    second = make_classification(title="Two", model_id="mel-cnn-gtzan-1")
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "<title>One and Two ·" in page
    assert "<small><bdi>" not in page


def test_a_tag_that_counted_by_its_absence_is_not_said_to_be_there(client, make_classification):
    card = SHIPPED.card()
    rows = [
        make_classification(title=title, features=[level] * len(card.tags))
        for title, level in (("Silent", -20.0), ("Loud", 20.0))
    ]
    page = page_of(client, a=rows[0].public_id, b=rows[1].public_id)
    silent, loud = page.split('<section class="compare-side')[1:]
    assert "little <em>" in silent
    assert "little <em>" not in loud
    assert "<em>" in loud


def test_a_model_without_tags_says_that_it_cannot_say_why(client, make_classification):
    mel = SHIPPED.card("mel-cnn-gtzan-1")
    first = make_classification()
    second = make_classification(model_id=mel.model_id, bundle_sha256=mel.sha256)
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert page.count("This model hears no tags") == 1


def test_none_of_the_ten_is_said_so(client, make_classification):
    first, second = make_classification(), make_classification(genre="jazz", is_outside=True)
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "none of the ten" in page
    assert "nearest: jazz" in page


def test_an_answer_of_a_retired_model_is_shown_without_its_why(client, make_classification):
    first, second = make_classification(), make_classification(model_id="gone-1")
    response = client.get(COMPARE, {"a": first.public_id, "b": second.public_id})
    assert response.status_code == 200
    assert [side.explanation is None for side in response.context["sides"]] == [False, True]


def test_the_second_is_chosen_from_ones_own_history(client, remember, make_classification):
    row, mine, theirs = (make_classification(title=title) for title in ("Row", "Mine", "Theirs"))
    failed = make_classification(title="Failed", state=Classification.State.FAILED)
    for known in (row, mine, failed):
        remember(known)
    HistoryEntry.objects.create(visitor="them", classification=theirs)
    page = page_of(client, a=row.public_id)
    assert f'<option value="{mine.public_id}"' in page
    assert f'<option value="{row.public_id}"' not in page
    assert "Theirs" not in page
    assert "Failed" not in page


def test_answers_of_one_title_can_be_told_apart_before_choosing(
    client, remember, make_classification
):
    remember(make_classification(genre="jazz"))
    remember(make_classification(genre="rock", extent="whole"))
    remember(make_classification(genre="pop", source="library", model_id="mel-cnn-gtzan-1"))
    page = page_of(client)
    assert ">\u2068Song\u2069: jazz, YouTube</option>" in page
    assert ">\u2068Song\u2069: rock, YouTube, the whole song</option>" in page
    assert ">\u2068Song\u2069: pop, Library, by mel-cnn-gtzan-1</option>" in page


def test_offering_fifty_reads_no_segments(client, remember, make_classification):
    remember(make_classification())
    with CaptureQueriesContext(connection) as queries:
        page_of(client)
    assert not [q for q in queries if "segments" in q["sql"]]


def test_only_the_last_fifty_are_offered(client, remember, make_classification):
    for i in range(53):
        remember(make_classification(title=f"Song {i:02}"))
    assert page_of(client).count("<option") == 50


@pytest.mark.parametrize(
    "link",
    ["http://localhost/song/{}/", "  /song/{}", "https://other.example/song/{}/?x=1#y", "{}"],
)
def test_the_second_may_be_a_pasted_link(client, make_classification, link):
    first, second = make_classification(), make_classification()
    response = client.get(COMPARE, {"a": first.public_id, "link": link.format(second.public_id)})
    assert response.url == f"{COMPARE}?a={first.public_id}&b={second.public_id}"


@pytest.mark.parametrize("link", ["https://example.com/", "song", "x" * 500, "/song//", "\x00"])
def test_a_link_that_is_none_gets_a_sentence(client, make_classification, link):
    row = make_classification()
    response = client.get(COMPARE, {"a": row.public_id, "link": link}, follow=True)
    assert response.status_code == 404
    assert "There is no such answer" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"a": "nonsense"},
        {"a": "x", "b": "y"},
        {"b": "y"},
        {"a": ""},
        {"a": "\x00"},
        {"a": "x" * 99},
    ],
)
def test_unknown_ids_get_a_sentence_and_the_form(client, remember, make_classification, query):
    remember(make_classification(title="Mine"))
    response = client.get(COMPARE, query)
    assert response.status_code == 404
    assert "There is no such answer" in response.content.decode()
    assert "Mine" in response.content.decode()


def test_without_ids_one_may_choose(client, db):
    response = client.get(COMPARE)
    assert response.status_code == 200
    assert "You have none yet" in response.content.decode()


def test_what_is_still_listened_to_is_waited_for(client, make_classification):
    first = make_classification()
    second = make_classification(title="Slow", state=Classification.State.QUEUED)
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "still being listened to" in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert f'data-status-url="{reverse("status", args=[second.public_id])}"' in page
    assert "js/waiting.js" in page
    assert page.count('<table class="odds') == 1
    # Nothing else is asked or offered meanwhile.
    assert "to be compared with" not in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    second.mark_failed("private")
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "got no answer" in page
    assert f'<a href="{second.get_absolute_url()}">See why</a>' in page
    for gone in ('http-equiv="refresh"', "waiting.js", "data-status-url"):
        assert gone not in page


def test_of_two_that_are_waited_for_one_is_asked_about(client, make_classification):
    rows = [make_classification(title=title, state="queued") for title in ("One", "Two")]
    page = page_of(client, a=rows[0].public_id, b=rows[1].public_id)
    assert page.count("data-status-url") == 1
    assert page.count("data-announce") == 1
    assert f'<a href="{rows[1].get_absolute_url()}">See its progress</a>' in page


def test_the_first_may_be_waited_for_before_a_second_is_chosen(
    client, remember, make_classification
):
    remember(make_classification(title="Mine"))
    row = make_classification(state="listening")
    page = page_of(client, a=row.public_id)
    assert "data-status-url" in page
    assert "Mine" not in page


def test_nothing_is_waited_for_where_the_other_cannot_be_compared(client, make_classification):
    waiting, failed = make_classification(state="queued"), make_classification(state="failed")
    for other in ("nonsense", failed.public_id):
        page = page_of(client, a=waiting.public_id, b=other)
        assert "data-status-url" not in page
        assert "refresh" not in page


def test_the_name_of_an_upload_is_its_senders_alone(
    client, client_factory, remember, make_classification
):
    upload, other = make_classification(source="upload", title=""), make_classification()
    remember(upload, title="my secret.mp3")
    query = {"a": upload.public_id, "b": other.public_id}
    assert "my secret.mp3" in page_of(client, **query)
    assert "my secret.mp3" not in page_of(client_factory(), **query)


@pytest.fixture
def at_hand(monkeypatch):
    """Have only these of the shipped models at hand."""

    def only(*model_ids: str) -> None:
        monkeypatch.setattr(serving, "cards", lambda: [SHIPPED.card(i) for i in model_ids])

    return only


@pytest.fixture
def two_models(monkeypatch, at_hand):
    at_hand(SHIPPED.default_id(), OTHER)
    monkeypatch.setattr(
        sources, "describe", lambda source, source_id: Track(source, source_id, "Song")
    )


def test_with_one_model_no_other_is_offered(client, at_hand, make_classification):
    row = make_classification()
    at_hand(row.model_id)
    page = page_of(client, a=row.public_id)
    assert "another model" not in page
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": row.model_id})
    assert response.url == row.get_absolute_url()
    assert Classification.objects.takeable().count() == 0


def test_another_model_is_asked_and_the_two_are_compared(client, two_models, make_classification):
    row = make_classification()
    page = page_of(client, a=row.public_id)
    assert f"Ask {OTHER}" in page
    exam = card_data(SHIPPED.card(OTHER))["metrics"]["test_filtered"]
    said = f"It was right at the first guess for {exam['accuracy'] * 100:.1f} % of {exam['n']} test"
    assert said in " ".join(page.split())
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": OTHER})
    new = Classification.objects.get(model_id=OTHER)
    assert (new.source, new.source_id, new.state) == (row.source, row.source_id, "queued")
    assert response.url == f"{COMPARE}?a={row.public_id}&b={new.public_id}"
    assert Classification.objects.takeable().count() == 1


def test_a_score_that_is_a_siblings_is_not_given_to_the_model(client, at_hand, make_classification):
    at_hand("musicnn-gtzan-2-full")
    page = " ".join(page_of(client, a=make_classification().public_id).split())
    assert "its sibling that did not was right at the first guess" in page
    assert "It was right" not in page


@pytest.mark.parametrize("model", ["", "../../etc", "half-a-bundle", SHIPPED.default_id()])
def test_a_model_that_is_not_there_is_not_asked(client, two_models, make_classification, model):
    row = make_classification()
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": model})
    assert "cannot be asked" in str(next(iter(get_messages(response.wsgi_request))))
    assert Classification.objects.takeable().count() == 0


def test_an_upload_is_gone_so_it_is_not_asked_about(client, two_models, make_classification):
    row = make_classification(source="upload")
    page = page_of(client, a=row.public_id)
    assert f"Ask {OTHER}" not in page
    assert "No other model can be asked: the file was deleted" in page
    client.post(reverse("rerun", args=[row.public_id]), {"model": OTHER})
    assert Classification.objects.takeable().count() == 0


def test_asking_again_counts_against_the_limit(client, two_models, settings, make_classification):
    settings.JOBS_PER_HOUR = 1
    first, second = make_classification(), make_classification()
    for row, status in ((first, 302), (second, 429)):
        response = client.post(reverse("rerun", args=[row.public_id]), {"model": OTHER})
        assert response.status_code == status


def test_a_source_that_refuses_leads_back(client, two_models, monkeypatch, make_classification):
    def refuse(source, source_id):
        raise SourceError("disabled")

    monkeypatch.setattr(sources, "describe", refuse)
    row = make_classification()
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": OTHER})
    assert response.url == row.get_absolute_url()


def test_it_is_asked_by_post_only(client, make_classification):
    row = make_classification()
    assert client.get(reverse("rerun", args=[row.public_id])).status_code == 405
    assert client.post(COMPARE).status_code == 405
