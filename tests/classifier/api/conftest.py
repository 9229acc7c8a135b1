from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from classifier.api import waiting
from classifier.visitors import tokens

BASE = "/api/v1"


class Program:
    """Asks the API with a token of its own."""

    def __init__(self, *scopes: str, owner: User | None = None, **more: Any):
        self.token, self.text = tokens.make("a program", scopes, owner=owner, **more)
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {self.text}"}

    @property
    def visitor(self) -> str:
        return tokens.visitor_name(self.token)

    def get(self, path: str, query: dict | None = None, **more: Any):
        return self.client.get(f"{BASE}{path}", query, headers=self.headers, **more)

    def post(self, path: str, body: Any = None, **more: Any):
        return self.client.post(
            f"{BASE}{path}", body, content_type="application/json", headers=self.headers, **more
        )

    def send(self, file, path: str = "/songs", **form: Any):
        """Send a file as a form does."""
        form = form | ({"file": file} if file else {})
        return self.client.post(f"{BASE}{path}", form, headers=self.headers)

    def delete(self, path: str):
        return self.client.delete(f"{BASE}{path}", headers=self.headers)


def problem(answer, status: int, code: str) -> dict:
    """The body of an error, which has the form that all errors have."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == code, told
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    if status in (429, 503):
        assert int(answer["Retry-After"]) >= 1
    assert not answer.cookies
    return told


@pytest.fixture
def program(db):
    return Program("read", "classify")


@pytest.fixture
def another(db):
    return Program("read", "classify")


@pytest.fixture
def ann(db):
    return User.objects.create_user("ann", is_staff=True, is_superuser=True)


@pytest.fixture
def reviewing(ann):
    return Program("read", "review", owner=ann)


@pytest.fixture
def no_pauses(monkeypatch):
    """Do something each time that a request which waits would sleep."""
    done = []

    def install(act=lambda: None):
        monkeypatch.setattr(waiting.time, "sleep", lambda seconds: (done.append(seconds), act()))
        return done

    return install
