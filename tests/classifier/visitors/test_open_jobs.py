"""A few unfinished jobs an address: one visitor does not fill the queue for the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier.models import Classification, OpenJob, RateCount
from classifier.operations.retention import purge_expired
from classifier.sources import library
from classifier.web import signed_tracks


@pytest.fixture(autouse=True)
def _two_at_once(settings, db):
    settings.JOBS_AT_ONCE = 2


def choose(client, track, **extra):
    return client.post(reverse("classify"), {"choice": signed_tracks.sign(track)}, **extra)


def test_one_too_many_is_a_sentence_that_says_to_wait(client, work):
    first, second, third, *_ = library.tracks()
    assert choose(client, first).status_code == 302
    assert choose(client, second).status_code == 302
    refused = choose(client, third)
    assert refused.status_code == 429
    assert "2 songs from your network are waiting" in refused.content.decode()
    assert refused["Retry-After"] == "20"
    assert Classification.objects.count() == 2
    work()
    assert choose(client, third).status_code == 302


def test_a_refused_one_is_not_counted_for_the_hour(client):
    first, second, third, *_ = library.tracks()
    choose(client, first)
    choose(client, second)
    before = list(RateCount.objects.values_list("key", "n"))
    choose(client, third)
    assert list(RateCount.objects.values_list("key", "n")) == before


def test_a_thrown_away_cookie_does_not_help_and_others_are_not_hindered(client_factory):
    first, second, third, *_ = library.tracks()
    choose(client_factory(), first)
    choose(client_factory(), second)
    assert choose(client_factory(), third).status_code == 429
    assert choose(client_factory(), third, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_uploads_and_asking_again_are_counted_as_well(client, audio_file, make_classification):
    client.post(reverse("upload"), {"file": audio_file()})
    failed = make_classification(
        source="library", source_id=library.tracks()[0].source_id, state="failed", retryable=True
    )
    client.post(reverse("retry", args=[failed.public_id]))
    assert OpenJob.objects.exclude(classification=None).count() == 2
    assert choose(client, library.tracks()[1]).status_code == 429


def test_what_is_answered_or_under_way_takes_no_place(client, work):
    first, second, third, *_ = library.tracks()
    choose(client, first)
    work()
    choose(client, second)
    choose(client, third)
    assert choose(client, first).status_code == 302
    assert choose(client, second).status_code == 302


def test_a_job_refused_for_the_hour_gives_its_place_back(client, settings):
    settings.JOBS_PER_HOUR = 1
    first, second, *_ = library.tracks()
    choose(client, first)
    assert "songs an hour" in choose(client, second).content.decode()
    assert OpenJob.objects.count() == 1


def test_a_place_without_a_job_is_free_after_a_while(client):
    choose(client, library.tracks()[0])
    home = OpenJob.objects.get().home
    left = OpenJob.objects.create(home=home)
    assert choose(client, library.tracks()[1]).status_code == 429
    OpenJob.objects.filter(pk=left.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    assert choose(client, library.tracks()[1]).status_code == 302


def test_nought_is_no_limit_and_stores_nothing(client, settings):
    settings.JOBS_AT_ONCE = 0
    for track in library.tracks()[:5]:
        assert choose(client, track).status_code == 302
    assert not OpenJob.objects.exists()


def test_places_hold_no_address_and_go_within_a_day(client):
    choose(client, library.tracks()[0])
    place = OpenJob.objects.get()
    assert "127" not in place.home
    assert len(place.home) == 24
    purge_expired(timezone.now() + timedelta(hours=25))
    assert not OpenJob.objects.exists()
