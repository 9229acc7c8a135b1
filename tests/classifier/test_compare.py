from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django_q.models import OrmQ

from classifier import compare_views, sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import SourceError, Track

COMPARE = "/compare/"


@pytest.fixture
def me(client, db):
    """The visitor behind `client`, who can be given a history."""
    session = client.session
    session["visitor"] = "me"
    session.save()

    def remember(row, title=""):
        HistoryEntry.objects.create(visitor="me", classification=row, title=title)

    return remember


def page_of(client, **query) -> str:
    return client.get(COMPARE, query).content.decode()


def test_two_answers_stand_side_by_side(client, make_classification):
    first = make_classification(title="First song", genre="jazz")
    second = make_classification(title="Second song", genre="rock")
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert page.index("First song") < page.index("Second song")
    assert page.count('class="odds"') == 2
    assert page.count('class="strip-label') == 20
    assert first.get_absolute_url() in page
    assert second.get_absolute_url() in page
    assert "style=" not in page


def test_none_of_the_ten_is_said_so(client, make_classification):
    first, second = make_classification(), make_classification(genre="jazz", is_outside=True)
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "none of the ten" in page
    assert "nearest: jazz" in page


def test_an_answer_of_a_retired_model_is_shown_without_its_why(client, make_classification):
    first, second = make_classification(), make_classification(model_id="gone-1")
    response = client.get(COMPARE, {"a": first.public_id, "b": second.public_id})
    assert response.status_code == 200
    assert [side.account is None for side in response.context["sides"]] == [False, True]


def test_the_second_is_chosen_from_ones_own_history(client, me, make_classification):
    row, mine, theirs = (make_classification(title=title) for title in ("Row", "Mine", "Theirs"))
    failed = make_classification(title="Failed", state=Classification.State.FAILED)
    for known in (row, mine, failed):
        me(known)
    HistoryEntry.objects.create(visitor="them", classification=theirs)
    page = page_of(client, a=row.public_id)
    assert f'<option value="{mine.public_id}"' in page
    assert f'<option value="{row.public_id}"' not in page
    assert "Theirs" not in page
    assert "Failed" not in page


def test_only_the_last_fifty_are_offered(client, me, make_classification):
    for i in range(53):
        me(make_classification(title=f"Song {i:02}"))
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


@pytest.mark.parametrize("query", [{"a": "nonsense"}, {"a": "x", "b": "y"}, {"b": "y"}, {"a": ""}])
def test_unknown_ids_get_a_sentence_and_the_form(client, me, make_classification, query):
    me(make_classification(title="Mine"))
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
    assert 'http-equiv="refresh"' in page
    second.fail("No.")
    page = page_of(client, a=first.public_id, b=second.public_id)
    assert "got no answer" in page
    assert 'http-equiv="refresh"' not in page


def test_the_name_of_an_upload_is_its_senders_alone(
    client, client_factory, me, make_classification
):
    upload, other = make_classification(source="upload", title=""), make_classification()
    me(upload, title="my secret.mp3")
    query = {"a": upload.public_id, "b": other.public_id}
    assert "my secret.mp3" in page_of(client, **query)
    assert "my secret.mp3" not in page_of(client_factory(), **query)


@pytest.fixture
def two_models(monkeypatch):
    monkeypatch.setattr(compare_views, "model_ids", lambda: ["musicnn-gtzan-2", "other-1"])
    monkeypatch.setattr(
        sources, "describe", lambda source, source_id: Track(source, source_id, "Song")
    )


def test_with_one_model_no_other_is_offered(client, monkeypatch, make_classification):
    row = make_classification()
    monkeypatch.setattr(compare_views, "model_ids", lambda: [row.model_id])
    page = page_of(client, a=row.public_id)
    assert "another model" not in page
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": row.model_id})
    assert response.url == row.get_absolute_url()
    assert OrmQ.objects.count() == 0


def test_another_model_is_asked_and_the_two_are_compared(client, two_models, make_classification):
    row = make_classification()
    assert "Ask other-1" in page_of(client, a=row.public_id)
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": "other-1"})
    new = Classification.objects.get(model_id="other-1")
    assert (new.source, new.source_id, new.state) == (row.source, row.source_id, "queued")
    assert response.url == f"{COMPARE}?a={row.public_id}&b={new.public_id}"
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("model", ["", "../../etc", "unknown-1"])
def test_a_model_that_is_not_there_is_not_asked(client, two_models, make_classification, model):
    row = make_classification()
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": model})
    assert "cannot be asked" in str(next(iter(get_messages(response.wsgi_request))))
    assert OrmQ.objects.count() == 0


def test_an_upload_is_gone_so_it_is_not_asked_about(client, two_models, make_classification):
    row = make_classification(source="upload")
    assert "Ask other-1" not in page_of(client, a=row.public_id)
    client.post(reverse("rerun", args=[row.public_id]), {"model": "other-1"})
    assert OrmQ.objects.count() == 0


def test_asking_again_counts_against_the_limit(client, two_models, settings, make_classification):
    settings.JOBS_PER_HOUR = 1
    first, second = make_classification(), make_classification()
    for row, status in ((first, 302), (second, 429)):
        response = client.post(reverse("rerun", args=[row.public_id]), {"model": "other-1"})
        assert response.status_code == status


def test_a_source_that_refuses_leads_back(client, two_models, monkeypatch, make_classification):
    def refuse(source, source_id):
        raise SourceError("YouTube is not asked here.")

    monkeypatch.setattr(sources, "describe", refuse)
    row = make_classification()
    response = client.post(reverse("rerun", args=[row.public_id]), {"model": "other-1"})
    assert response.url == row.get_absolute_url()


def test_it_is_asked_by_post_only(client, make_classification):
    row = make_classification()
    assert client.get(reverse("rerun", args=[row.public_id])).status_code == 405
    assert client.post(COMPARE).status_code == 405
