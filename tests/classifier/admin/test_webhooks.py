"""Webhooks in the admin."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from classifier.models import Webhook, WebhookDelivery
from classifier.visitors import tokens

ADD = reverse("admin:classifier_webhook_add")
LIST = reverse("admin:classifier_webhook_changelist")
TOLD = reverse("admin:classifier_webhookdelivery_changelist")
SHOWN = re.compile(r'<code id="secret">(gsw_[\w-]{40,})</code>')
URL = "https://hooks.example.org/genre"


@pytest.fixture
def token(db):
    return tokens.make("my script", ["classify"])[0]


@pytest.fixture
def webhook(token):
    return Webhook.objects.create(token=token, url=URL, secret="gsw_secret")


def test_a_secret_is_shown_once_after_the_webhook_was_made(admin_client, token):
    page = admin_client.post(ADD, {"token": token.pk, "url": URL})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    secret = SHOWN.search(page.content.decode())[1]
    row = Webhook.objects.get()
    assert (row.token, row.url, row.secret) == (token, URL, secret)
    change = reverse("admin:classifier_webhook_change", args=[row.pk])
    history = reverse("admin:classifier_webhook_history", args=[row.pk])
    for url in (LIST, change, history, reverse("admin:index")):
        later = admin_client.get(url)
        assert later.status_code == 200
        assert secret not in later.content.decode()
    assert secret not in str(dict(admin_client.session))
    assert URL in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    "url", ["", "http://hooks.example.org/", "https://10.0.0.1/", "https://a:b@example.org/"]
)
def test_what_cannot_be_is_refused_with_a_sentence(admin_client, token, url):
    page = admin_client.post(ADD, {"token": token.pk, "url": url})
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert not Webhook.objects.exists()


def test_a_revoked_token_gets_none(admin_client, token):
    tokens.revoke([token])
    assert "errorlist" in admin_client.post(ADD, {"token": token.pk, "url": URL}).content.decode()
    assert not Webhook.objects.exists()


def test_a_webhook_is_not_changed_but_enabled_again_and_removed(admin_client, webhook):
    url = reverse("admin:classifier_webhook_change", args=[webhook.pk])
    assert admin_client.post(url, {"url": "https://other.example.org/"}).status_code == 403
    Webhook.objects.update(disabled_at=timezone.now(), disabled_why="All failed: status 500")
    assert "All failed: status 500" in admin_client.get(LIST).content.decode()
    admin_client.post(LIST, {"action": "enable", "_selected_action": [webhook.pk]})
    assert "1 of 1 enabled" in admin_client.get(LIST).content.decode()
    webhook.refresh_from_db()
    assert (webhook.url, webhook.disabled_at) == (URL, None)
    WebhookDelivery.objects.create(webhook=webhook, song="a", song_state="done")
    url = reverse("admin:classifier_webhook_delete", args=[webhook.pk])
    admin_client.post(url, {"post": "yes"})
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_what_was_told_is_read_and_not_changed(
    admin_client, webhook, django_assert_max_num_queries
):
    rows = [
        WebhookDelivery.objects.create(
            webhook=webhook, song=f"song{i}", song_state="done", last_result="status 500"
        )
        for i in range(30)
    ]
    admin_client.get(TOLD)  # what is asked for but once
    with django_assert_max_num_queries(12):
        page = admin_client.get(TOLD).content.decode()
    assert "song7" in page
    assert "status 500" in page
    assert webhook.secret not in page
    change = reverse("admin:classifier_webhookdelivery_change", args=[rows[0].pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"song": "x"}).status_code == 403


def test_who_may_only_look_changes_nothing(client, webhook):
    user = User.objects.create_user("ben", password="a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_webhook"))
    client.force_login(user)
    Webhook.objects.update(disabled_at=timezone.now())
    assert client.get(LIST).status_code == 200
    client.post(LIST, {"action": "enable", "_selected_action": [webhook.pk]})
    assert client.get(ADD).status_code == 403
    assert Webhook.objects.get().disabled_at
    client.post(reverse("admin:classifier_webhook_delete", args=[webhook.pk]), {"post": "yes"})
    assert Webhook.objects.exists()
