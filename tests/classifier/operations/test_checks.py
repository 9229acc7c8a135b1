from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from classifier.operations import checks
from classifier.sources.youtube.ytdlp import about


@pytest.fixture
def installed(monkeypatch, settings):
    settings.YOUTUBE_ENABLED = True

    def pretend(version: str, runtime: str):
        monkeypatch.setattr(about, "ytdlp_version", lambda: version)
        monkeypatch.setattr(about, "javascript_runtime", lambda: runtime)
        return {message.id: message for message in run_checks(tags=["youtube"])}

    return pretend


def days_ago(days: int) -> str:
    day = timezone.now().date() - timedelta(days=days)
    return f"{day.year}.{day.month}.{day.day}"


def test_a_recent_yt_dlp_and_a_runtime_are_no_news(installed):
    assert installed(days_ago(60), "deno 2.9.8") == {}


def test_an_old_yt_dlp_is_told_with_its_age_and_the_cure(installed):
    (message,) = installed(days_ago(61), "deno 2.9.8").values()
    assert "is 61 days old" in message.msg
    assert "pip install --upgrade" in message.hint


def test_a_missing_runtime_and_a_missing_yt_dlp(installed):
    assert set(installed(days_ago(1), "")) == {"classifier.W003"}
    assert set(installed("", "deno 2.9.8")) == {"classifier.W001"}


def test_without_youtube_nothing_is_needed(installed, settings):
    settings.YOUTUBE_ENABLED = False
    assert installed("", "") == {}


@pytest.mark.parametrize(
    ("version", "age"),
    [
        ("2026.8.19", 96),
        ("2026.08.19.232", 96),
        ("2027.1.1", 0),
        ("nightly", None),
        ("2026.13.40", None),
        ("", None),
    ],
)
def test_the_version_is_the_day_of_the_release(version, age):
    assert about.age_days(version, date(2026, 11, 23)) == age


def executable(folder, name: str, told: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{told}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("deno", "found"),
    [
        ("echo deno 2.9.8", "deno 2.9.8"),
        ("echo deno 1.40.0", ""),
        ("exit 3", ""),
        ("echo something else", ""),
    ],
)
def test_the_runtime_is_a_deno_that_is_new_enough(tmp_path, monkeypatch, deno, found):
    executable(tmp_path, "deno", deno)
    executable(tmp_path, "node", "echo v22.1.0")  # which is no substitute
    monkeypatch.setattr(about.sysconfig, "get_path", lambda name: str(tmp_path))
    about.javascript_runtime.cache_clear()
    try:
        assert about.javascript_runtime() == found
    finally:
        about.javascript_runtime.cache_clear()


def test_requirements_bring_a_runtime():
    assert about.javascript_runtime()


def test_settings_of_the_old_queue_are_told_to_mean_nothing(monkeypatch):
    for name in ("REDIS_URL", "QUEUE_RETRY_S"):
        monkeypatch.delenv(name, raising=False)
    assert checks.check_settings_that_are_gone(None) == []
    monkeypatch.setenv("REDIS_URL", "redis://host:6379/0")
    (told,) = checks.check_settings_that_are_gone(None)
    assert (told.id, told.msg) == ("classifier.W004", "REDIS_URL means nothing any more.")


def test_machines_that_share_a_database_are_asked_for_one_key(monkeypatch, settings):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor="sqlite"))
    assert checks.check_secret_key_is_shared(None) == []
    monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor="postgresql"))
    (told,) = checks.check_secret_key_is_shared(None)
    assert told.id == "classifier.W006"
    assert str(settings.DATA_DIR) in told.hint
    monkeypatch.setenv("SECRET_KEY", "of all machines")
    assert checks.check_secret_key_is_shared(None) == []


def test_a_runtime_that_cannot_answer_is_an_error(settings):
    settings.MODEL_RUNTIME = "onnx"
    (told,) = [message for message in run_checks(tags=["settings"]) if message.is_serious()]
    assert told.id == "classifier.E001"
    assert "auto, keras, light" in told.msg
    settings.MODEL_RUNTIME = "light"
    assert not [message for message in run_checks(tags=["settings"]) if message.is_serious()]


def test_a_model_without_a_light_form_cannot_serve_in_it(settings, heavy_model):
    settings.MODEL_ID = heavy_model
    settings.MODEL_RUNTIME = "light"
    (told,) = [message for message in run_checks(tags=["settings"]) if message.is_serious()]
    assert told.id == "classifier.E002"
    assert heavy_model in told.msg
