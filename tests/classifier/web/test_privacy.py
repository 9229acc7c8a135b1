"""The privacy page says what the settings say."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

URL = reverse("privacy")


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_it_states_the_times_of_the_settings(client, db, settings):
    settings.HISTORY_DAYS, settings.FAILURES_DAYS, settings.SESSION_COOKIE_AGE = 77, 1, 86_400 * 9
    settings.YOUTUBE_ENABLED = True
    text = text_of(client.get(URL))
    assert "and when 77 days" in text
    assert "a part of your history 77 days" in text
    assert "and why 1 day " in text
    assert "Your session 9 days" in text


def test_for_ever_is_said_so(client, db, settings):
    settings.HISTORY_DAYS = settings.FAILURES_DAYS = 0
    text = text_of(client.get(URL))
    assert "until you have it forgotten" in text
    assert "and why for good" in text


def test_without_limits_no_hash_is_spoken_of(client, db, settings):
    assert "hash of your network address" in text_of(client.get(URL))
    settings.SEARCHES_PER_MINUTE = settings.JOBS_PER_HOUR = settings.CORRECTIONS_PER_HOUR = 0
    settings.JOBS_AT_ONCE = 0
    settings.SEARCHES_PER_MINUTE_IN_ALL = settings.JOBS_PER_HOUR_IN_ALL = 0
    assert "hash of your network address" not in text_of(client.get(URL))


@pytest.mark.parametrize("enabled", [True, False])
def test_it_tells_what_leaves_the_server(client, db, settings, enabled):
    settings.YOUTUBE_ENABLED = enabled
    text = text_of(client.get(URL))
    assert ("small pictures among the results are fetched by this server" in text) is enabled
    assert ("small pictures of videos that were found" in text) is enabled
    assert "ytimg" not in text
    assert ("YouTube is switched off here" in text) is not enabled


def test_it_names_the_cookies_and_sets_none(client, db):
    response = client.get(URL)
    for name in ("sessionid", "csrftoken", "messages"):
        assert name in text_of(response)
    assert not response.cookies


def test_every_page_leads_to_it(client, db):
    assert f'href="{URL}"' in client.get(reverse("home")).content.decode()


def test_the_policy_lets_the_browser_ask_nobody_else_than_it_says(client, db):
    policy = client.get(URL)["Content-Security-Policy"]
    others = set(re.findall(r"https://([\w.-]+)", policy))
    assert others == {"www.youtube-nocookie.com"}  # the player, once it is pressed


def test_it_says_what_a_second_sender_of_the_same_file_can_tell(client, db):
    text = text_of(client.get(URL))
    assert "can read when it was made. Neither of you learns who the other is." in text


def test_it_says_where_files_wait(client, settings):
    text = " ".join(client.get(reverse("privacy")).content.decode().split())
    assert "A file you send is listened to on this server" in text
    settings.UPLOADS_AT = "objects.example.org"
    text = " ".join(client.get(reverse("privacy")).content.decode().split())
    assert "waits in the operator’s storage, at objects.example.org, until" in text
    assert "listened to on this server" not in text
