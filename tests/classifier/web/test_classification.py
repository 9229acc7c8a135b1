from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier.models import Classification


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def queued(make_classification):
    def make(**values):
        return make_classification(state="queued", genre="metal", confidence=None, **values)

    return make


def test_the_result_shows_the_answer_the_top_five_and_where_it_comes_from(
    client, make_classification
):
    c = make_classification(title="Loud Song", artist="Quiet Band", source_id="abcdefghijk")
    text = text_of(client.get(c.get_absolute_url()))
    for part in ("Loud Song", "Quiet Band", "metal", "91.0 %", "8.9", "&lt; 0.1 %", c.model_id):
        assert part in text, part
    assert "https://www.youtube.com/watch?v=abcdefghijk" in text


def test_titles_cannot_smuggle_html(client, make_classification):
    c = make_classification(title="<script>alert(1)</script>", artist="<img src=x>")
    text = text_of(client.get(c.get_absolute_url()))
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


def test_waiting_says_that_no_worker_is_running(client, queued):
    text = text_of(client.get(queued().get_absolute_url()))
    assert "not running" in text
    assert 'http-equiv="refresh"' in text  # so that it also goes on without JavaScript


def test_waiting_says_that_the_worker_is_warming_up(client, queued, worker_alive):
    worker_alive.ready = False
    worker_alive.save()
    text = text_of(client.get(queued().get_absolute_url())).lower()
    assert "warming up" in text
    assert "not running" not in text


def test_waiting_says_how_many_are_ahead(client, queued, worker_alive):
    queued(), queued()
    last = queued()
    context = client.get(last.get_absolute_url()).context
    assert context["status_text"] == "2 songs are before yours."


def test_the_status_part_tells_when_to_load_the_result(client, queued, worker_alive):
    c = queued()
    url = reverse("status", args=[c.public_id])
    response = client.get(url)
    assert response["X-Finished"] == "no"
    assert "<html" not in response.content.decode()
    c.mark_failed("private")
    assert client.get(url)["X-Finished"] == "yes"


def test_a_failure_shows_its_sentence_and_what_to_do_next(client, queued):
    c = queued(source_id="abcdefghijk")
    c.mark_failed("rate_limit", detail="HTTP 429 secret", until=timezone.now())
    text = text_of(client.get(c.get_absolute_url()))
    assert "YouTube asks this server to slow down." in text
    assert "429" not in text
    assert reverse("retry", args=[c.public_id]) in text
    assert reverse("upload") in text
    assert "From this site’s own shelf" in text


def test_trying_again_queues_it_once_more(client, queued, settings):
    settings.YOUTUBE_ENABLED = True
    c = queued(source_id="abcdefghijk")
    c.mark_failed("timeout")
    client.post(reverse("retry", args=[c.public_id]))
    c.refresh_from_db()
    assert c.state == "queued"


def test_what_cannot_go_better_is_not_tried_again(client, queued):
    c = queued()
    c.mark_failed("private")
    client.post(reverse("retry", args=[c.public_id]))
    c.refresh_from_db()
    assert c.state == "failed"


def test_an_upload_that_is_gone_cannot_be_tried_again(client, queued):
    c = queued(source="upload", source_id="0" * 64)
    c.mark_failed("took_too_long")
    response = client.post(reverse("retry", args=[c.public_id]), follow=True)
    assert "send the file again" in text_of(response)


def test_an_unknown_link_is_a_proper_404(client, db):
    response = client.get("/song/nothing-here/")
    assert response.status_code == 404
    assert reverse("home") in response.content.decode()


def test_public_ids_are_not_guessable(make_classification):
    ids = {make_classification().public_id for _ in range(20)}
    assert len(ids) == 20
    assert min(map(len, ids)) >= 11


def test_a_result_of_a_model_that_is_gone_is_still_shown(client, make_classification):
    c = make_classification(model_id="retired-1")
    assert client.get(c.get_absolute_url()).status_code == 200
    assert Classification.objects.done().count() == 1


@pytest.mark.parametrize("state", ["fetching", "listening"])
def test_of_a_job_whose_worker_died_the_page_says_so(
    client, worker_alive, make_classification, state
):
    minute = timedelta(minutes=1)
    ended = timezone.now() - minute
    row = make_classification(state=state, attempts=1, held_by="dead:1", held_until=ended)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Its worker ended before it was done; it is given out again." in page
    assert "Listening, three seconds at a time" not in page
    row.refresh_from_db()
    assert row.state == state  # shown, not stored
    type(row).objects.filter(pk=row.pk).update(held_until=ended + 10 * minute)
    assert "is given out again" not in client.get(row.get_absolute_url()).content.decode()
