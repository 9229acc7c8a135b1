"""manage.py api_webhook: make, list, enable and remove."""

from __future__ import annotations

import pytest
from django.utils import timezone

from classifier.models import Webhook
from classifier.visitors import tokens
from classifier.webhooks import registration

URL = "https://hooks.example.org/genre"


@pytest.fixture
def token(db):
    return tokens.make("my script", ["classify"])[0]


def test_a_secret_is_printed_once_and_the_webhook_listed(token, run_command):
    made = run_command("api_webhook", "create", str(token.pk), URL)
    row = Webhook.objects.get()
    assert made.out.strip() == row.secret
    assert len(row.secret) > 40
    assert (row.token, row.url) == (token, URL)
    listed = run_command("api_webhook", "list").out
    assert URL in listed
    assert "my script" in listed
    assert row.secret not in listed
    assert "is removed" in run_command("api_webhook", "remove", str(row.pk)).out
    assert not Webhook.objects.exists()


def test_two_webhooks_have_two_secrets(token, run_command):
    secrets = {run_command("api_webhook", "create", str(token.pk), URL).out for _ in range(2)}
    assert len(secrets) == 2


def test_the_list_tells_what_is_not_told_any_more_and_why(token, run_command):
    run_command("api_webhook", "create", str(token.pk), URL)
    row = Webhook.objects.get()
    Webhook.objects.update(failing_since=timezone.now())
    assert "failing since 2" in run_command("api_webhook", "list").out
    Webhook.objects.update(disabled_at=timezone.now(), disabled_why="All failed: status 500")
    assert "All failed: status 500" in run_command("api_webhook", "list").out
    assert "is enabled." in run_command("api_webhook", "enable", str(row.pk)).out
    assert "enabled already" in run_command("api_webhook", "enable", str(row.pk)).out
    assert "disabled" not in run_command("api_webhook", "list").out
    tokens.revoke([token])
    assert "its token is revoked" in run_command("api_webhook", "list").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["create", "77", URL], "There is no token 77"),
        (["create", "{token}", "http://hooks.example.org/"], "begins with https://"),
        (["create", "{token}", "https://127.0.0.1/"], "not the internet's"),
        (["enable", "77"], "There is no webhook 77"),
        (["remove", "77"], "There is no webhook 77"),
    ],
)
def test_what_cannot_be_is_one_sentence(token, run_command, arguments, sentence):
    result = run_command("api_webhook", *(a.format(token=token.pk) for a in arguments))
    assert result.code == 2
    assert sentence in result.err
    assert not Webhook.objects.exists()


def test_there_are_not_more_than_a_job_can_look_at(token, run_command, monkeypatch):
    for _ in range(registration.MOST_OF_TOKEN):
        assert run_command("api_webhook", "create", str(token.pk), URL).code == 0
    assert "at most 5" in run_command("api_webhook", "create", str(token.pk), URL).err
    other = tokens.make("another", ["classify"])[0]
    monkeypatch.setattr(registration, "MOST", 5)
    assert "The site has at most 5" in run_command("api_webhook", "create", str(other.pk), URL).err
    tokens.revoke([token])  # those of a revoked token do not count
    assert run_command("api_webhook", "create", str(other.pk), URL).code == 0
    assert "is revoked" in run_command("api_webhook", "create", str(token.pk), URL).err
