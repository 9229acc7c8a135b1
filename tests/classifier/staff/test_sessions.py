"""What a log-in opens is over within hours; the history in the same session is not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from classifier.models import HistoryEntry
from classifier.staff import sessions

HOUR = 3600


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_800_000_000.0

    monkeypatch.setattr(sessions.time, "time", lambda: Clock.now)
    return Clock


def test_staff_log_in_again_after_some_hours(client, staff, log_in, clock, settings):
    settings.STAFF_SESSION_HOURS = 12
    log_in(client)
    clock.now += 11.9 * HOUR
    assert client.get(reverse("admin:index")).status_code == 200
    clock.now += 0.2 * HOUR
    response = client.get(reverse("admin:index"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))
    assert client.get(response.url).status_code == 200  # the form, and no way round
    assert log_in(client).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_their_history_stays(client, staff, log_in, clock, make_classification):
    client.post(reverse("classify"))
    log_in(client)
    session = client.session
    session["visitor"] = "a" * 32
    session.save()
    HistoryEntry.objects.create(
        visitor="a" * 32, classification=make_classification(), title="mine.mp3"
    )
    clock.now += 13 * HOUR
    assert "mine.mp3" in client.get(reverse("history")).content.decode()


def test_a_session_of_a_version_before_lasts_as_long_from_when_it_is_seen(
    client, staff, log_in, clock
):
    log_in(client)
    session = client.session
    del session[sessions.SINCE]
    session.save()
    assert client.get(reverse("admin:index")).status_code == 200
    clock.now += 13 * HOUR
    assert client.get(reverse("admin:index")).status_code == 302


def test_nought_is_for_ever(client, staff, log_in, clock, settings):
    settings.STAFF_SESSION_HOURS = 0
    log_in(client)
    clock.now += 1000 * HOUR
    assert client.get(reverse("admin:index")).status_code == 200


def test_exact_versions_go_with_the_log_in(client, staff, log_in, clock, make_classification):
    row = make_classification(versions={"keras": "3.1.4159"})
    log_in(client)
    url = reverse("classification", args=[row.public_id])
    assert "3.1.4159" in client.get(url).content.decode()
    clock.now += 13 * HOUR
    assert "3.1.4159" not in client.get(url).content.decode()
