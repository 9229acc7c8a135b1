"""Tokens of programs: made, found, revoked, and counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from classifier.models import ApiToken, RateCount
from classifier.visitors import tokens
from classifier.visitors.tokens import TokenRequester


@pytest.fixture
def token(db):
    return tokens.make("a script", ["classify", "read"])


def test_a_token_is_long_random_and_stored_as_a_hash_alone(token):
    row, text = token
    assert text.startswith("gs_")
    assert len(text) >= 40
    other = tokens.make("another", ["read"])[1]
    assert other != text
    stored = str(ApiToken.objects.filter(pk=row.pk).values().get())
    assert text not in stored
    assert text[3 + 8 :] not in stored
    assert row.first_characters == text[:9]
    assert row.scopes == ["read", "classify"]
    assert tokens.find(text) == row


@pytest.mark.parametrize("text", ["", "gs_", "gs_wrong", "\0", "gs_\ud800", "gs_" + "a" * 100_000])
def test_what_is_no_token_finds_none(token, text):
    assert tokens.find(text) is None


def test_a_revoked_token_is_good_no_more(token):
    row, text = token
    assert tokens.is_valid(row)
    assert tokens.revoke([row]) == 1
    assert tokens.find(text) is None
    assert not tokens.is_valid(row)
    assert tokens.revoke([row]) == 0


def test_a_token_ends_with_its_owners_account(db):
    ann = User.objects.create_user("ann")
    row, text = tokens.make("hers", ["read"], owner=ann)
    assert tokens.find(text) == row
    ann.is_active = False
    ann.save()
    assert tokens.find(text) is None
    ann.delete()
    assert not ApiToken.objects.exists()


def test_its_use_is_noted_once_a_minute(token, django_assert_num_queries):
    row, text = token
    tokens.note_use(row)
    row = tokens.find(text)
    first = row.last_used_at
    assert timezone.now() - first < timedelta(seconds=20)
    with django_assert_num_queries(0):
        tokens.note_use(row)
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    tokens.note_use(tokens.find(text))
    assert tokens.find(text).last_used_at >= first


def test_where_nothing_can_be_stored_it_can_still_read(token, monkeypatch):
    row, _ = token

    def broken(*args, **kwargs):
        raise OperationalError("read-only")

    monkeypatch.setattr(ApiToken.objects, "filter", broken)
    tokens.note_use(row)


def test_each_has_a_history_and_a_share_of_its_own(token):
    row, _ = token
    other, _ = tokens.make("another", ["read"])
    names = {TokenRequester(r).history_name() for r in (row, other)}
    shares = {TokenRequester(r).share_name() for r in (row, other)}
    assert len(names) == len(shares) == 2
    assert max(map(len, names)) <= 32
    assert TokenRequester(row).history_name() == tokens.visitor_name(row)


@pytest.mark.parametrize(("own", "allowed"), [(None, 2), (3, 3), (0, 6)])
def test_jobs_are_counted_by_its_own_limit_or_the_sites(db, settings, own, allowed):
    settings.JOBS_PER_HOUR, settings.JOBS_PER_HOUR_IN_ALL, settings.JOBS_AT_ONCE = 2, 0, 0
    row, _ = tokens.make("a script", ["classify"], jobs_per_hour=own)
    asked = [TokenRequester(row).may_start_job() for _ in range(6)]
    assert asked == [True] * allowed + [False] * (6 - allowed)
    # Another's are not touched.
    assert TokenRequester(tokens.make("another", ["classify"])[0]).may_start_job()


def test_no_token_gets_round_what_all_together_may_have(db, settings):
    settings.JOBS_PER_HOUR_IN_ALL, settings.JOBS_AT_ONCE = 1, 0
    row, _ = tokens.make("a script", ["classify"], jobs_per_hour=0)
    assert TokenRequester(row).may_start_job()
    assert not TokenRequester(row).may_start_job()


def test_its_open_jobs_are_counted(token, settings, make_classification):
    settings.JOBS_AT_ONCE = 1
    first, second = TokenRequester(token[0]), TokenRequester(token[0])
    assert first.may_start_job()
    song = make_classification(state="queued")
    first.has_started(song)
    assert not second.may_start_job()
    assert second.has_too_many_open
    song.state = "done"
    song.save()
    assert second.may_start_job()


def test_what_is_counted_names_no_token(token):
    row, text = token
    assert TokenRequester(row).may_start_job()
    keys = " ".join(RateCount.objects.values_list("key", flat=True))
    assert text not in keys
    assert row.token_hash not in keys


def test_the_history_of_a_token_outlives_a_change_of_the_sites_key(token, settings):
    before = tokens.visitor_name(token[0])
    settings.SECRET_KEY = "another, as after a restore without it"
    assert tokens.visitor_name(token[0]) == before
    assert tokens.visitor_name(tokens.make("another", ["read"])[0]) != before
