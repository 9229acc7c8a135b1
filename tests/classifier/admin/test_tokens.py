"""Tokens in the admin."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from classifier.models import ApiToken
from classifier.visitors import tokens

ADD = reverse("admin:classifier_apitoken_add")
LIST = reverse("admin:classifier_apitoken_changelist")
SHOWN = re.compile(r'<code id="token">(gs_[\w-]{40,})</code>')


@pytest.fixture
def some_staff(db):
    """Staff who may see, add and change tokens and no more."""
    user = User.objects.create_user("ben", password="a long password", is_staff=True)
    names = ("view_apitoken", "add_apitoken", "change_apitoken")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


def test_a_token_is_shown_once_after_it_was_made(admin_client):
    page = admin_client.post(ADD, {"name": "my script", "scopes": ["read", "classify"]})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = SHOWN.search(page.content.decode())[1]
    row = tokens.find(text)
    assert (row.name, row.scopes, row.jobs_per_hour) == ("my script", ["read", "classify"], None)
    # It is in nothing that comes later: no message, no session, no list, no page, no log.
    change = reverse("admin:classifier_apitoken_change", args=[row.pk])
    history = reverse("admin:classifier_apitoken_history", args=[row.pk])
    for url in (LIST, change, history, reverse("admin:index")):
        later = admin_client.get(url)
        assert later.status_code == 200
        assert text not in later.content.decode()
        assert row.token_hash not in later.content.decode()
    assert text not in str(dict(admin_client.session))
    assert text not in str(admin_client.cookies)
    assert row.first_characters in admin_client.get(LIST).content.decode()


def test_tokens_are_revoked_from_the_list(admin_client):
    row, text = tokens.make("my script", ["read"])
    answer = admin_client.post(LIST, {"action": "revoke", "_selected_action": [row.pk]})
    assert answer.status_code == 302
    assert tokens.find(text) is None
    assert "1 of 1 revoked" in admin_client.get(LIST).content.decode()


def test_what_a_token_may_do_stays_as_it_was(admin_client):
    row, _ = tokens.make("my script", ["read"])
    url = reverse("admin:classifier_apitoken_change", args=[row.pk])
    assert admin_client.post(url, {"name": "x", "scopes": ["review"]}).status_code == 403
    url = reverse("admin:classifier_apitoken_delete", args=[row.pk])
    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.scopes == ["read"]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["review"]])
def test_what_cannot_be_is_refused_with_a_sentence(admin_client, scopes):
    page = admin_client.post(ADD, {"name": "my script", "scopes": scopes})
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert not ApiToken.objects.exists()


def test_nobody_but_a_superuser_writes_in_anothers_name(client, some_staff, admin_user):
    client.force_login(some_staff)
    data = {"name": "my script", "scopes": ["read"], "owner": admin_user.pk}
    page = client.post(ADD, data).content.decode()
    assert "errorlist" in page
    assert not ApiToken.objects.exists()
    data["owner"] = some_staff.pk
    assert SHOWN.search(client.post(ADD, data).content.decode())
    # Its owner may not review, so neither may it.
    assert "errorlist" in client.post(ADD, data | {"scopes": ["review"]}).content.decode()


def test_who_may_only_look_revokes_nothing(client, some_staff):
    some_staff.user_permissions.set(Permission.objects.filter(codename="view_apitoken"))
    row, text = tokens.make("my script", ["read"])
    client.force_login(some_staff)
    assert client.get(LIST).status_code == 200
    client.post(LIST, {"action": "revoke", "_selected_action": [row.pk]})
    assert tokens.find(text) == row
    assert client.get(ADD).status_code == 403
