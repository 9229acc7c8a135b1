"""How much one visitor may ask for, and all together; and what is not limited."""

from __future__ import annotations

import re
import threading

import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from classifier.models import Classification, RateCount
from classifier.sources import library
from classifier.visitors import rate_limits
from classifier.web import signed_tracks

NOON = 1_800_000_000 - 1_800_000_000 % 3600  # the beginning of an hour


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set: `clock.now`, seconds."""

    class Clock:
        now = float(NOON)

    monkeypatch.setattr(rate_limits.time, "time", lambda: Clock.now)
    return Clock


def request_from(address: str = "192.0.2.1", **headers: str):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def choose(client, track, **extra):
    return client.post(reverse("classify"), {"choice": signed_tracks.sign(track)}, **extra)


@pytest.mark.django_db
def test_a_span_begins_anew(clock, settings):
    settings.SEARCHES_PER_MINUTE = 2
    allowed = []
    for second in (0, 30, 59.9, 60, 61, 62):
        clock.now = NOON + second
        allowed.append(rate_limits.search_allowed(request_from()))
    assert allowed == [True, True, False, True, True, False]


@pytest.mark.django_db
def test_jobs_are_counted_by_the_hour_and_apart_from_searches(clock, settings):
    settings.SEARCHES_PER_MINUTE = settings.JOBS_PER_HOUR = 1
    assert rate_limits.search_allowed(request_from())
    assert rate_limits.job_allowed(request_from())
    clock.now += 3599
    assert not rate_limits.job_allowed(request_from())
    assert rate_limits.search_allowed(request_from())
    clock.now += 1
    assert rate_limits.job_allowed(request_from())


def test_how_long_a_span_still_lasts(clock):
    assert rate_limits.seconds_left(rate_limits.HOUR_S) == 3600
    clock.now = NOON + 3599.5
    assert rate_limits.seconds_left(rate_limits.HOUR_S) == 1
    clock.now = NOON + 61
    assert rate_limits.seconds_left(rate_limits.MINUTE_S) == 59


@pytest.mark.django_db
def test_nought_is_no_limit(settings):
    settings.SEARCHES_PER_MINUTE = settings.SEARCHES_PER_MINUTE_IN_ALL = 0
    assert all(rate_limits.search_allowed(request_from()) for _ in range(5))
    assert not RateCount.objects.exists()


@pytest.mark.django_db
def test_all_together_have_a_limit(clock, settings):
    settings.SEARCHES_PER_MINUTE, settings.SEARCHES_PER_MINUTE_IN_ALL = 2, 3
    allowed = [rate_limits.search_allowed(request_from(f"192.0.2.{i}")) for i in range(5)]
    assert allowed == [True, True, True, False, False]


@pytest.mark.django_db
def test_one_visitor_cannot_use_up_what_is_there_for_all(clock, settings):
    settings.SEARCHES_PER_MINUTE, settings.SEARCHES_PER_MINUTE_IN_ALL = 2, 5
    flood = [rate_limits.search_allowed(request_from("192.0.2.66")) for _ in range(50)]
    assert flood.count(True) == 2
    assert rate_limits.search_allowed(request_from("192.0.2.1"))


@pytest.mark.django_db
def test_a_line_at_home_is_counted_together_and_locks_nobody_out(clock, settings):
    """Thirty networks of one /56, and many of one /48, are not thirty visitors."""
    settings.JOBS_PER_HOUR, settings.JOBS_PER_HOUR_IN_ALL = 20, 200
    home = [rate_limits.job_allowed(request_from(f"2001:db8:0:{i:x}::1")) for i in range(60)]
    assert home.count(True) == 40
    site = [
        rate_limits.job_allowed(request_from(f"2001:db8:0:{i:x}00::{j}"))
        for i in range(1, 16)
        for j in range(20)
    ]
    assert home.count(True) + site.count(True) == 80
    assert rate_limits.job_allowed(request_from("2001:db8:1::1"))
    assert rate_limits.job_allowed(request_from("192.0.2.1"))


@pytest.mark.django_db
def test_no_address_is_stored(settings):
    rate_limits.search_allowed(request_from("192.0.2.1"))
    assert RateCount.objects.count() == 2
    assert not any("192.0.2" in count.key for count in RateCount.objects.all())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_many_count_at_once(clock, settings):
    settings.SEARCHES_PER_MINUTE, settings.SEARCHES_PER_MINUTE_IN_ALL = 20, 0
    threads, each, allowed = 6, 8, []

    def search() -> None:
        try:
            allowed.extend(rate_limits.search_allowed(request_from()) for _ in range(each))
        finally:
            connection.close()

    running = [threading.Thread(target=search) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    # Each had a number of its own: exactly as many are allowed as the limit says.
    assert allowed.count(True) == 20
    assert RateCount.objects.get().n == len(allowed) == threads * each


@pytest.mark.django_db
def test_one_job_too_many_is_a_page_that_says_when(client, settings, clock):
    settings.JOBS_PER_HOUR = 1
    clock.now = NOON + 600
    first, second, *_ = library.tracks()
    assert choose(client, first).status_code == 302
    refused = choose(client, second)
    assert refused.status_code == 429
    assert "a limited number of songs an hour" in refused.content.decode()
    assert refused["Retry-After"] == "3000"
    assert Classification.objects.count() == 1


@pytest.mark.django_db
def test_a_thrown_away_cookie_does_not_help(client, client_factory, settings, clock):
    settings.JOBS_PER_HOUR = 1
    first, second, third, *_ = library.tracks()
    assert choose(client, first).status_code == 302
    client.cookies.clear()
    assert choose(client, second).status_code == 429
    assert choose(client_factory(), second).status_code == 429
    forged = {"headers": {"X-Forwarded-For": "203.0.113.9"}}
    assert choose(client_factory(), third, **forged).status_code == 429
    assert choose(client_factory(), third, REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.django_db
def test_what_is_known_and_what_is_read_is_not_limited(
    client, settings, clock, work, make_classification
):
    settings.JOBS_PER_HOUR = 1
    first, second, *_ = library.tracks()
    choose(client, first)
    work()
    assert choose(client, second).status_code == 429
    answer = choose(client, first)
    assert answer.status_code == 302
    for url in (answer.url, reverse("home"), reverse("history"), reverse("how_it_works")):
        assert client.get(url).status_code == 200


@pytest.mark.django_db
def test_one_search_too_many_is_a_sentence_and_the_library_is_still_searched(
    client, world, settings, clock
):
    settings.SEARCHES_PER_MINUTE = 1
    track = library.tracks()[0]
    query = {"q": track.title}
    client.get(reverse("search"), query)
    asked = len(world.log)
    assert asked
    page = client.get(reverse("search"), query).content.decode()
    assert "That was a lot of searching. Wait a minute" in page
    assert re.search(rf"<h3[^>]*>\s*(<bdi>)?{re.escape(track.title)}", page)
    assert len(world.log) == asked
