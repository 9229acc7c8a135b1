"""Attempts to log in are counted and logged; nobody is locked out for ever."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.urls import reverse

from classifier.models import RateCount
from classifier.visitors import rate_limits

QUARTER = 1_800_000_000 - 1_800_000_000 % 900


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    class Clock:
        now = float(QUARTER)

    monkeypatch.setattr(rate_limits.time, "time", lambda: Clock.now)
    return Clock


def refused(response) -> bool:
    return response.status_code == 200 and "Too many attempts" in response.content.decode()


def test_one_network_guesses_no_more_than_ten_in_a_quarter(
    client, staff, log_in, clock, monkeypatch
):
    """Sixty wrong passwords, of which fifty cost the server no hash."""
    hashed = []
    check = hashers.check_password
    monkeypatch.setattr(
        "django.contrib.auth.base_user.check_password",
        lambda *args, **kwargs: hashed.append(1) or check(*args, **kwargs),
    )
    answers = [log_in(client, password=f"guess {i}") for i in range(60)]
    assert [refused(answer) for answer in answers] == [False] * 10 + [True] * 50
    assert len(hashed) == 10
    assert refused(log_in(client))  # the right one is no exception: a guess may be right
    clock.now += 900
    assert log_in(client).status_code == 302


def test_a_name_is_guessed_from_many_networks_no_more_than_thirty_times(client, staff, log_in):
    answers = [log_in(client, password="guess", REMOTE_ADDR=f"192.0.2.{i}") for i in range(1, 36)]
    assert [refused(answer) for answer in answers] == [False] * 30 + [True] * 5


def test_strangers_who_guess_a_name_do_not_keep_its_owner_out(
    client, client_factory, staff, log_in
):
    assert log_in(client).status_code == 302
    del client.cookies["sessionid"]
    for i in range(40):
        log_in(client_factory(), password="guess", REMOTE_ADDR=f"192.0.2.{i % 20}")
    for _ in range(20):  # from the owner's own network, too
        log_in(client_factory(), password="guess")
    assert refused(log_in(client_factory()))
    assert log_in(client).status_code == 302


def test_a_known_browser_has_a_limit_as_well_and_is_known_for_one_name(
    client, client_factory, staff, log_in
):
    User.objects.create_superuser("berta", password="other")
    log_in(client)
    del client.cookies["sessionid"]
    answers = [log_in(client, password="guess") for _ in range(12)]
    assert [refused(answer) for answer in answers] == [False] * 10 + [True] * 2
    for _ in range(12):
        log_in(client_factory(), name="berta", password="guess")
    assert refused(log_in(client, name="berta", password="other"))


def test_a_forged_cookie_makes_no_browser_known(client, client_factory, staff, log_in, settings):
    for _ in range(12):
        log_in(client_factory(), password="guess")
    client.cookies[settings.STAFF_COOKIE_NAME] = "WyJhbm5hIiwieCJd:1wXyZq:forged"
    assert refused(log_in(client))


def test_the_cookie_is_no_scripts_and_goes_to_no_other_site(client, staff, log_in, settings):
    cookie = log_in(client).cookies[settings.STAFF_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_nought_is_no_limit(client, staff, log_in, settings):
    settings.LOGIN_ATTEMPTS = 0
    assert not any(refused(log_in(client, password="guess")) for _ in range(15))
    assert not RateCount.objects.exists()


def test_failures_are_logged_without_password_or_address(client, staff, log_in, caplog):
    caplog.set_level("INFO", "classifier.staff")
    log_in(client, password="my secret guess", REMOTE_ADDR="192.0.2.77")
    log_in(client, name="my secret typed as a name")
    log_in(client)
    ours = [record for record in caplog.records if record.name == "classifier.staff.log_in"]
    lines = [record.getMessage() for record in ours]
    assert re.fullmatch(r"log-in failed for anna, network [0-9a-f]{8}", lines[0])
    assert lines[1].startswith("log-in failed for an unknown name, network ")
    assert lines[2] == "log-in of anna"
    text = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    assert "secret" not in text
    assert "192.0.2.77" not in text


def test_the_form_says_how_long_to_wait(client, staff, log_in, clock):
    for _ in range(10):
        log_in(client, password="guess")
    clock.now += 500
    assert "Try again in 7 min" in log_in(client).content.decode()


def test_the_page_needs_no_account_to_be_read(client, db):
    assert client.get(reverse("admin:login")).status_code == 200
