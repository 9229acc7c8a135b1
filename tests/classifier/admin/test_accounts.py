"""Accounts in the admin: what belongs to one goes with it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from classifier.models import ApiToken, Correction, HistoryEntry, Webhook
from classifier.visitors import tokens
from classifier.visitors.names import name_of

LIST = reverse("admin:auth_user_changelist")


@pytest.fixture
def ben(db, make_classification):
    """An account with a token, a webhook and songs, and somebody else with the same song."""
    ben = User.objects.create_user("ben")
    token, _ = tokens.make("his", ["read"], owner=ben)
    Webhook.objects.create(token=token, url="https://hooks.example.org/")
    row = make_classification()
    for visitor in (name_of("account", ben.pk), tokens.visitor_name(token), "somebody"):
        HistoryEntry.objects.create(visitor=visitor, classification=row)
        Correction.objects.create(visitor=visitor, classification=row, genre="jazz")
    return ben


def test_an_account_is_deleted_with_its_tokens_and_histories(admin_client, ben):
    ben_pk, page = ben.pk, reverse("admin:auth_user_delete", args=[ben.pk])
    assert "Are you sure" in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"post": "yes"}).status_code == 302
    assert gone(ben_pk)


def test_several_are_deleted_alike(admin_client, ben):
    ben_pk = ben.pk
    form = {"action": "delete_selected", "_selected_action": [ben.pk], "post": "yes"}
    assert admin_client.post(LIST, form).status_code == 302
    assert gone(ben_pk)


def gone(ben_pk: int) -> bool:
    assert not User.objects.filter(pk=ben_pk).exists()
    assert not ApiToken.objects.exists()
    assert not Webhook.objects.exists()
    assert Correction.objects.count() == 3  # what was said stays, in nobody's name
    assert Correction.objects.exclude(visitor="somebody").count() == 2
    assert not Correction.objects.filter(visitor=name_of("account", ben_pk)).exists()
    return list(HistoryEntry.objects.values_list("visitor", flat=True)) == ["somebody"]


def test_who_may_not_delete_accounts_does_not(client, ben):
    client.force_login(User.objects.create_user("cleo", is_staff=True))
    page = reverse("admin:auth_user_delete", args=[ben.pk])
    assert client.post(page, {"post": "yes"}).status_code in (302, 403)
    assert User.objects.filter(pk=ben.pk).exists()
