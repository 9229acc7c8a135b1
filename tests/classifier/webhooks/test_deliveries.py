"""Whom a song's end is told to, when, how often, and when no more."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from classifier import jobs, sources
from classifier.models import Classification, Webhook, WebhookDelivery
from classifier.sources import Track
from classifier.sources.base import SourceError
from classifier.visitors import tokens
from classifier.visitors.tokens import TokenRequester
from classifier.webhooks import deliveries, registration
from classifier.worker import claims, heartbeat
from tests.requesters import Someone

from .conftest import wait_until_due


@pytest.fixture
def song(db, monkeypatch, stub_classifier):
    """A song that waits, whoever asked for it."""
    import numpy as np

    def fetch(source, source_id, rate_hz, **options):
        return sources.Audio([(0.0, np.zeros(rate_hz * 3, np.float32))], rate_hz, 3.0)

    monkeypatch.setattr(sources, "fetch", fetch)

    def ask(requester=None, source_id="a") -> Classification:
        track = Track("library", source_id, "", "", 3.0)
        return jobs.submit(track, "m", requester=requester or Someone()).classification

    return ask


def told() -> list[tuple[int, str, str]]:
    rows = WebhookDelivery.objects.order_by("pk")
    return list(rows.values_list("webhook", "song", "song_state"))


def test_a_song_of_the_token_is_told_when_it_is_answered(song, token, make_webhook, work):
    webhook = make_webhook()
    row = song(TokenRequester(token))
    assert told() == []
    work()
    assert told() == [(webhook.pk, row.public_id, "done")]
    song(TokenRequester(token))  # it stands there already
    work()
    assert len(told()) == 1


def test_a_song_that_failed_is_told_too_and_again_when_it_is_tried_again(
    song, token, make_webhook, work, monkeypatch
):
    webhook = make_webhook()
    row = song(TokenRequester(token))

    def fail(*args, **options):
        raise SourceError("timeout")

    with monkeypatch.context() as patch:
        patch.setattr(sources, "fetch", fail)
        work()
    row.refresh_from_db()
    assert row.state == "failed"
    song()  # somebody else asks; it is in the token's history all the same
    work()
    assert told() == [(webhook.pk, row.public_id, "failed"), (webhook.pk, row.public_id, "done")]


def test_a_job_that_took_too_long_is_told(song, token, make_webhook):
    make_webhook()
    row = song(TokenRequester(token))
    claims.take("w:1")
    claims.give_up("w:1")
    assert [(name, state) for _, name, state in told()] == [(row.public_id, "failed")]


def test_songs_of_others_are_not_told(song, token, make_webhook, work):
    make_webhook()
    song()
    song(TokenRequester(tokens.make("another", ["classify"])[0]), "b")
    work()
    assert told() == []


def test_two_tokens_that_asked_for_one_song_are_both_told(song, token, make_webhook, work):
    other = tokens.make("another", ["classify"])[0]
    pks = {make_webhook().pk, make_webhook(token=other).pk, make_webhook(token=other).pk}
    song(TokenRequester(token))
    song(TokenRequester(other))
    work()
    assert {pk for pk, *_ in told()} == pks


def test_nothing_is_noted_for_what_is_disabled_or_revoked(song, token, make_webhook, work):
    make_webhook(disabled_at=timezone.now())
    other = tokens.make("another", ["classify"])[0]
    make_webhook(token=other)
    tokens.revoke([other])
    song(TokenRequester(token))
    song(TokenRequester(other))
    work()
    assert told() == []


def test_one_song_asks_for_webhooks_and_history_once(
    song, token, make_webhook, django_assert_num_queries
):
    row = song(TokenRequester(token))
    with django_assert_num_queries(3):  # a savepoint, its end, and whether there is any webhook
        deliveries.note_end(row)
    for _ in range(5):
        make_webhook()
    with django_assert_num_queries(5):
        deliveries.note_end(row)
    assert len(told()) == 5


@pytest.mark.parametrize("error", [DatabaseError("no such table"), ZeroDivisionError()])
def test_a_job_whose_webhook_breaks_is_done_all_the_same(
    song, token, make_webhook, work, monkeypatch, caplog, error
):
    make_webhook()
    row = song(TokenRequester(token))

    def broken(*args, **options):
        raise error

    monkeypatch.setattr(WebhookDelivery.objects, "bulk_create", broken)
    work()
    row.refresh_from_db()
    assert row.state == "done"
    assert "are not told" in caplog.text


def test_an_error_of_the_database_itself_leaves_the_end_of_the_job_stored(
    song, token, make_webhook, work, monkeypatch
):
    make_webhook()
    row = song(TokenRequester(token))

    def broken(*args, **options):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM there_is_no_such_table")

    monkeypatch.setattr(WebhookDelivery.objects, "bulk_create", broken)
    work()
    row.refresh_from_db()
    assert row.state == "done"
    assert row.spectrogram


def test_the_body_tells_where_to_read_the_song_and_nothing_of_it(make_delivery):
    delivery = make_delivery(song="Ab-_12", song_state="failed")
    assert json.loads(deliveries.body_of(delivery)) == {
        "id": "Ab-_12",
        "state": "failed",
        "url": reverse("api:api_song", args=["Ab-_12"]),
    }


# Sending


def test_what_is_delivered_is_not_sent_again(make_delivery, outcomes):
    delivery = make_delivery()
    sent = outcomes(True)
    assert deliveries.send_one()
    assert not deliveries.send_one()
    wait_until_due(delivery)
    assert not deliveries.send_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_result) == (
        "delivered", 1, "status 200",
    )  # fmt: skip
    assert delivery.delivered_at
    assert [(url, id_) for url, id_, _ in sent] == [(delivery.webhook.url, delivery.delivery_id)]


def test_it_is_tried_again_with_growing_pauses_and_given_up(make_delivery, outcomes):
    delivery = make_delivery()
    sent = outcomes(False)
    pauses = []
    while delivery.state == "waiting":
        assert deliveries.send_one()
        assert not deliveries.send_one()
        delivery.refresh_from_db()
        pauses.append(delivery.due_at - timezone.now())
        wait_until_due(delivery)
    # The last one is no pause: nothing comes after it.
    for found, due in zip(pauses[:-1], deliveries.PAUSES, strict=True):
        assert due - timedelta(seconds=5) < found <= due
    assert (delivery.state, delivery.attempts, delivery.last_result) == (
        "given_up", 7, "status 500",
    )  # fmt: skip
    assert len(sent) == 7
    assert len({id_ for _, id_, _ in sent}) == 1  # by which the receiver knows it again
    assert len({body for *_, body in sent}) == 1
    assert not deliveries.send_one()


def test_what_a_worker_that_died_had_taken_is_due_again(make_delivery, outcomes, monkeypatch):
    delivery = make_delivery()

    def die(*args):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(deliveries.sending, "send", die)
        with pytest.raises(SystemExit):
            deliveries.send_one()
    outcomes(True)
    assert not deliveries.send_one()  # not at once: the worker may live
    wait_until_due(delivery)
    assert deliveries.send_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)


def test_a_worker_that_died_in_the_last_try_leaves_nothing_waiting(make_delivery, outcomes):
    delivery = make_delivery(attempts=deliveries.TRIES)
    sent = outcomes(True)
    assert deliveries.send_one()
    delivery.refresh_from_db()
    assert delivery.state == "given_up"
    assert not sent


def test_a_webhook_all_of_whose_tries_failed_for_days_is_disabled(make_delivery, outcomes, caplog):
    delivery = make_delivery(attempts=deliveries.TRIES - 1)
    webhook = delivery.webhook
    waiting = make_delivery(webhook, due_at=timezone.now() + timedelta(hours=1))
    Webhook.objects.update(
        failing_since=timezone.now() - deliveries.DISABLED_AFTER - timedelta(seconds=1)
    )
    sent = outcomes(False)
    assert deliveries.send_one()
    webhook.refresh_from_db()
    assert webhook.disabled_at
    assert webhook.disabled_why == "All failed for 3 days, at last: status 500"
    assert "is disabled" in caplog.text
    wait_until_due(waiting)
    assert deliveries.send_one()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_result) == (
        "given_up", "the webhook is disabled, or its token is revoked",
    )  # fmt: skip
    assert len(sent) == 1
    assert registration.enable([webhook]) == 1
    webhook.refresh_from_db()
    assert (webhook.disabled_at, webhook.disabled_why, webhook.failing_since) == (None, "", None)
    assert registration.enable([webhook]) == 0


@pytest.mark.parametrize("days", [2, None])
def test_one_that_failed_for_less_goes_on(make_delivery, outcomes, days):
    delivery = make_delivery(attempts=deliveries.TRIES - 1)
    since = days and timezone.now() - timedelta(days=days)
    Webhook.objects.update(failing_since=since)
    outcomes(False)
    assert deliveries.send_one()
    delivery.webhook.refresh_from_db()
    assert not delivery.webhook.disabled_at
    assert delivery.webhook.failing_since


def test_a_success_ends_the_days_of_failure(make_delivery, outcomes):
    webhook = make_delivery().webhook
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=30))
    outcomes(True)
    assert deliveries.send_one()
    webhook.refresh_from_db()
    assert webhook.failing_since is None


def test_a_token_that_was_revoked_is_told_nothing_more(make_delivery, outcomes, token):
    delivery = make_delivery()
    tokens.revoke([token])
    sent = outcomes(True)
    assert deliveries.send_one()
    delivery.refresh_from_db()
    assert delivery.state == "given_up"
    assert not sent


def test_an_address_that_fails_does_not_keep_the_others_waiting(
    make_delivery, make_webhook, outcomes
):
    bad, good = make_webhook("https://bad.example.org/"), make_webhook("https://good.example.org/")
    for _ in range(20):
        make_delivery(bad)
    make_delivery(good)
    sent = outcomes(False)
    while deliveries.send_one():
        pass
    assert [url for url, *_ in sent] == [bad.url, good.url]


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_message_once(make_delivery, make_webhook, outcomes):
    webhook = make_webhook()
    for _ in range(12):
        make_delivery(webhook)
    sent = outcomes(True)
    barrier = threading.Barrier(3)

    def worker() -> None:
        barrier.wait()
        while WebhookDelivery.objects.due().exists():
            deliveries.send_one()
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(sent) == 12
    assert len({id_ for _, id_, _ in sent}) == 12


def test_the_workers_thread_goes_on_after_an_error(monkeypatch, caplog):
    turns = iter([True, ZeroDivisionError(), DatabaseError("away"), True, False, SystemExit()])
    pauses = []

    def send_one():
        turn = next(turns)
        if isinstance(turn, BaseException):
            raise turn
        return turn

    monkeypatch.setattr(deliveries, "send_one", send_one)
    monkeypatch.setattr(heartbeat, "time", SimpleNamespace(sleep=pauses.append))
    monkeypatch.setattr(heartbeat.connection, "close", lambda: None)
    started = {}
    monkeypatch.setattr(heartbeat, "_in_background", started.__setitem__)
    heartbeat.send_webhooks()
    with pytest.raises(SystemExit):
        started["webhooks"]()
    assert pauses == [heartbeat.WEBHOOKS_LOOK_S] * 3
    assert "could not be told" in caplog.text
    assert "wait for the database: away" in caplog.text
