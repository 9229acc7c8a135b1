"""Cookies that no other host can plant, and histories that stay through the upgrade to them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse

from classifier.models import HistoryEntry
from classifier.sources import library
from classifier.web import signed_tracks

ROOT = Path(__file__).resolve().parents[3]
GUARDED = "__Host-sessionid"


@pytest.fixture(autouse=True)
def _guarded(settings, db):
    settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = GUARDED, True
    settings.HTTPS = True


@pytest.fixture
def old_history(make_classification):
    """A history of a version before 0.3, as its session's key."""
    session = SessionStore()
    session["visitor"] = "a" * 32
    session.save()
    HistoryEntry.objects.create(
        visitor="a" * 32, classification=make_classification(), title="my old song.mp3"
    )
    return session.session_key


def history_of(client):
    return client.get(reverse("history"), secure=True)


def choose(client):
    data = {"choice": signed_tracks.sign(library.tracks()[0])}
    return client.post(reverse("classify"), data, secure=True)


@pytest.mark.parametrize("https", ["0", "1"])
def test_with_https_the_names_are_guarded(tmp_path, https):
    script = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        " s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN)"
    )
    env = os.environ | {
        "HTTPS": https, "DJANGO_SETTINGS_MODULE": "genresite.settings", "DATA_DIR": str(tmp_path)
    }  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # Browsers take the prefix only with Secure, the path / and no domain.
    guarded = "__Host-sessionid __Host-csrftoken True / None"
    assert told.strip() == (guarded if https == "1" else "sessionid csrftoken False / None")


def test_an_old_cookie_keeps_its_history_under_the_new_name(client, old_history):
    client.cookies["sessionid"] = old_history
    response = history_of(client)
    assert "my old song.mp3" in response.content.decode()
    assert response.cookies[GUARDED].value not in ("", old_history)
    assert response.cookies["sessionid"]["max-age"] == 0
    assert not Session.objects.filter(session_key=old_history).exists()
    assert "my old song.mp3" in history_of(client).content.decode()


def test_an_old_key_gives_its_history_once(client, client_factory, old_history):
    client.cookies["sessionid"] = old_history
    history_of(client)
    thief = client_factory()
    thief.cookies["sessionid"] = old_history
    assert "my old song.mp3" not in history_of(thief).content.decode()


def test_a_planted_key_of_a_guarded_session_is_not_taken_over(client, client_factory):
    attacker = client_factory()
    choose(attacker)
    client.cookies["sessionid"] = attacker.cookies[GUARDED].value
    choose(client)
    assert HistoryEntry.objects.values("visitor").distinct().count() == 2


def test_a_planted_empty_session_is_left_behind(client, settings):
    """Without https as well: the key is another once there is something to read."""
    settings.SESSION_COOKIE_NAME = "sessionid"
    planted = SessionStore()
    planted["anything"] = 1
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    choose(client)
    assert client.cookies["sessionid"].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_the_new_cookie_comes_before_the_old_one(client, old_history):
    choose(client)
    client.cookies["sessionid"] = old_history
    assert "my old song.mp3" not in history_of(client).content.decode()
    assert Session.objects.filter(session_key=old_history).exists()


def test_staff_keep_their_history_and_log_in_again(client, old_history):
    User.objects.create_superuser("staff", password="x")
    session = SessionStore(old_history)
    session["_auth_user_id"] = "1"
    session.save()
    client.cookies["sessionid"] = old_history
    assert "my old song.mp3" in history_of(client).content.decode()
    assert client.get("/admin/", secure=True).status_code == 302


def test_without_https_nothing_changes(client, old_history, settings):
    settings.SESSION_COOKIE_NAME = "sessionid"
    client.cookies["sessionid"] = old_history
    response = history_of(client)
    assert "my old song.mp3" in response.content.decode()
    assert "sessionid" not in response.cookies
