"""The page of staff about failures, queue and workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from classifier.models import Classification, Worker

URL = reverse("admin:classifier_operations")


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def fail(make_classification):
    def make(**values) -> Classification:
        return make_classification(
            state=Classification.State.FAILED,
            error_kind="server_error",
            error_detail="Traceback (most recent call last):\n  ...\nValueError: <odd>\n",
            retryable=True,
            attempts=2,
            **values,
        )

    return make


def test_it_tells_the_last_failures_and_what_happened(admin_client, fail):
    row = fail(title="Failed one")
    text = text_of(admin_client.get(URL))
    assert reverse("admin:classifier_classification_change", args=[row.pk]) in text
    assert "an error in this server: see the log of the worker (may go better)" in text
    assert "<td>ValueError: &lt;odd&gt;</td>" in text


def test_workers_are_called_what_they_are(admin_client):
    Worker.objects.create(name="here:1", ready=True)
    Worker.objects.create(name="here:2")
    Worker.objects.create(name="here:3", ready=True, seen_at=timezone.now() - timedelta(minutes=1))
    text = text_of(admin_client.get(URL))
    for name, state in (("here:1", "ready"), ("here:2", "loading the model"), ("here:3", "dead")):
        assert f'<th scope="row">{name}</th> <td>{state}</td>' in text


def test_it_says_what_is_wrong_and_for_how_long_songs_wait(admin_client, make_classification):
    row = make_classification(state=Classification.State.QUEUED)
    asked = timezone.now() - timedelta(seconds=125)
    Classification.objects.filter(pk=row.pk).update(created_at=asked)
    text = text_of(admin_client.get(URL))
    assert "Workers: no worker is alive." in text
    assert "<dt>The first has been due for</dt><dd>2:0" in text


def test_it_is_cheap_however_many_failed(admin_client, fail, django_assert_max_num_queries):
    for _ in range(3):
        fail()
    with django_assert_max_num_queries(15):
        assert admin_client.get(URL).status_code == 200


def test_it_is_linked_from_the_overview(admin_client):
    assert f'href="{URL}"' in admin_client.get(reverse("admin:index")).content.decode()


def test_it_is_for_staff_who_may_see_songs(client, admin_client):
    assert client.get(URL).status_code == 302
    person = User.objects.create_user("staff", password="x", is_staff=True)
    client.force_login(person)
    assert client.get(URL).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_classification"))
    assert client.get(URL).status_code == 200
