"""From a song to its receiver, which verifies as the page of the API says."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pytest
from django.urls import reverse

from classifier import jobs, sources
from classifier.sources import Track
from classifier.visitors.tokens import TokenRequester
from classifier.webhooks import deliveries

from .conftest import wait_until_due

CODE = re.compile(r'aria-label="Verify a message, example" tabindex="0"><code>(.*?)</code>', re.S)


@pytest.fixture
def is_from_the_site(client, db):
    """The function on the page, as somebody would copy it."""
    page = client.get(reverse("api_docs")).content.decode()
    names: dict = {}
    exec(html.unescape(CODE.search(page)[1]), names)
    return names["is_from_the_site"]


def test_the_receiver_is_told_and_verifies_it(
    is_from_the_site, receiver, token, make_webhook, work, monkeypatch
):
    def fetch(source, source_id, rate_hz, **options):
        return sources.Audio([(0.0, np.zeros(rate_hz * 3, np.float32))], rate_hz, 3.0)

    monkeypatch.setattr(sources, "fetch", fetch)
    webhook = make_webhook(receiver.url)
    track = Track("library", "a", "", "", 3.0)
    song = jobs.submit(track, "m", requester=TokenRequester(token)).classification
    work()
    assert deliveries.send_one()
    [(_, headers, body)] = receiver.requests
    assert is_from_the_site(webhook.secret, headers, body)
    told = json.loads(body)
    assert told == {
        "id": song.public_id,
        "state": "done",
        "url": reverse("api:api_song", args=[song.public_id]),
    }
    # Nothing else is believed.
    assert not is_from_the_site("another secret", headers, body)
    assert not is_from_the_site(webhook.secret, headers, body.replace(b"done", b"gone"))
    assert not is_from_the_site(webhook.secret, {}, body)
    late = headers | {"X-Genre-Timestamp": str(int(headers["X-Genre-Timestamp"]) + 1)}
    assert not is_from_the_site(webhook.secret, late, body)


def test_an_old_message_is_not_believed_again(
    is_from_the_site, receiver, make_delivery, make_webhook, monkeypatch
):
    delivery = make_delivery(make_webhook(receiver.url))
    with monkeypatch.context() as patch:
        patch.setattr(deliveries.sending.time, "time", lambda: 1_000_000_000.0)
        assert deliveries.send_one()
    [(_, headers, body)] = receiver.requests
    assert not is_from_the_site(delivery.webhook.secret, headers, body)


def test_every_try_has_the_same_id_and_body_and_a_signature_of_its_own_time(
    is_from_the_site, receiver, make_delivery, make_webhook
):
    delivery = make_delivery(make_webhook(receiver.url))
    receiver.answer = b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
    assert deliveries.send_one()
    wait_until_due(delivery)
    assert deliveries.send_one()
    (_, first, body), (_, second, again) = receiver.requests
    assert first["X-Genre-Delivery"] == second["X-Genre-Delivery"] == delivery.delivery_id
    assert body == again
    assert is_from_the_site(delivery.webhook.secret, second, again)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_result) == ("waiting", 2, "status 500")
