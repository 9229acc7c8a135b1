"""Who may ask for what, and how everything else is refused."""

from __future__ import annotations

import errno
import json
from typing import get_args

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from classifier.api import schemas, songs
from classifier.api.openapi import document
from classifier.api.problems import CODES
from classifier.models import ApiToken, Classification
from classifier.visitors import tokens
from genresite import private

from .conftest import BASE, Program, problem

OPERATIONS = [
    (method.upper(), path.replace("{song_id}", "abc").replace("{model_id}", "abc"), scope)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
    for scope in operation["security"][0]["token"]
]


@pytest.fixture
def private_site(settings):
    settings.PRIVATE_SITE = True
    settings.MIDDLEWARE = private.with_sign_in(settings.MIDDLEWARE, "")


def call(client, method: str, path: str, **more):
    return client.generic(method, path, more.pop("data", b""), **more)


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_every_operation_asks_for_a_token_with_its_scope(client, db, method, path, scope):
    assert len(OPERATIONS) == 14
    answer = call(client, method, path)
    problem(answer, 401, "unauthenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    others = [s for s in ApiToken.Scope.values if s != scope]
    told = problem(
        call(client, method, path, headers=Program(*others).headers), 403, "missing_scope"
    )
    assert told["scope"] == scope
    good = Program(scope)
    answer = call(client, method, path, headers=good.headers)
    about_its_owner = {"not_staff", "no_collection"}
    assert answer.status_code not in (401, 403) or answer.json()["code"] in about_its_owner
    tokens.revoke([good.token])
    problem(call(client, method, path, headers=good.headers), 401, "bad_token")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer gs_wrong", "Basic Z3M6", "gs_x", "Bearer \xff\xfe", "Bearer a b",
     "bearer " + "x" * 5000],
)  # fmt: skip
def test_what_is_no_token_is_401(client, db, header):
    problem(client.get(f"{BASE}/songs", headers={"Authorization": header}), 401, "bad_token")


def test_a_token_in_an_address_or_a_form_counts_for_nothing(client, program):
    for name in ("token", "access_token", "api_key"):
        problem(client.get(f"{BASE}/songs", {name: program.text}), 401, "unauthenticated")


def test_neither_a_session_nor_a_cookie_opens_anything(client, admin_client):
    problem(admin_client.get(f"{BASE}/songs"), 401, "unauthenticated")


def test_no_form_token_is_asked_for_and_no_cookie_set(program):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        f"{BASE}/songs",
        {"library": "no-such"},
        content_type="application/json",
        headers=program.headers | {"Origin": "https://evil.example"},
    )
    problem(answer, 422, "track_gone")
    assert not strict.cookies


def test_use_is_noted_and_answers_are_kept_by_nobody(program):
    answer = program.get("/songs")
    assert answer["Cache-Control"] == "no-store"
    program.token.refresh_from_db()
    assert program.token.last_used_at


def test_on_a_private_site_a_token_is_enough_and_nothing_else_opens(private_site, program, client):
    assert program.get("/songs").status_code == 200
    assert program.post("/songs", {"library": "no-such"}).status_code == 422
    for method, path, _ in OPERATIONS:
        problem(call(client, method, path), 401, "unauthenticated")
    problem(client.get(reverse("api_openapi")), 401, "unauthenticated")
    bad = client.get(reverse("api_openapi"), headers={"Authorization": "Bearer gs_x"})
    problem(bad, 401, "bad_token")
    assert program.get("/openapi.json").status_code == 200
    # A token opens no page.
    for name in ("home", "history", "about", "api_docs"):
        assert client.get(reverse(name), headers=program.headers).status_code == 302
    assert client.get("/api/v1/no-such-thing").status_code in (302, 404)


def test_on_a_private_site_who_has_signed_in_reads_the_document_alone(private_site, client, ann):
    client.force_login(ann)
    assert client.get(reverse("api_openapi")).status_code == 200
    problem(client.get(f"{BASE}/songs"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no-such-thing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("GET", "/songs/a/b/c", 404, "not_found"),
        ("PUT", "/songs", 405, "method_not_allowed"),
        ("PUT", "/songs/abc", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
        ("GET", "/songs/%00", 400, "bad_request"),
    ],
)
def test_what_django_answers_has_the_same_form(program, method, path, status, code):
    answer = call(program.client, method, f"{BASE}{path}", headers=program.headers)
    problem(answer, status, code)
    if status == 405:
        assert answer["Allow"]


BODIES = [
    (b" ", "application/json", 400, "bad_request"),
    (b"{", "application/json", 400, "bad_request"),
    (b"\xff\xfe", "application/json", 400, "bad_request"),
    (b'{"library": "a\\u0000b"}', "application/json", 400, "bad_request"),
    (b'{"library": "\\ud800"}', "application/json", 400, "bad_request"),
    (b'{"library": NaN}', "application/json", 400, "bad_request"),
    (b"[" * 100_000, "application/json", 400, "bad_request"),
    (b"[" * 30 + b"]" * 30, "application/json", 400, "bad_request"),
    (b"9" * 5000, "application/json", 400, "bad_request"),
    (b'{"a":"' + b"x" * 300_000 + b'"}', "application/json", 413, "too_large"),
    (b'{"a":"' + b"x" * 3_000_000 + b'"}', "application/json", 413, "too_large"),
    (b"library=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b"{}", "text/plain", 415, "unsupported_media_type"),
    (b"{}", "", 415, "unsupported_media_type"),
    (b"<a/>", "application/xml", 415, "unsupported_media_type"),
]
MULTIPART = [
    (b"no boundary", "multipart/form-data", 400, "bad_request"),
    (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 422, "invalid"),
    (b"--x--", "multipart/form-data; boundary=\xff", 400, "bad_request"),
]


@pytest.mark.parametrize("path", ["/songs", "/songs/{id}/correction", "/features:classify"])
@pytest.mark.parametrize(("data", "kind", "status", "code"), BODIES)
def test_bodies_that_cannot_be_read(program, make_classification, path, data, kind, status, code):
    path = path.replace("{id}", make_classification().public_id)
    answer = program.client.generic(
        "POST", f"{BASE}{path}", data, content_type=kind, headers=program.headers
    )
    problem(answer, status, code)


def test_without_a_body_there_is_nothing_to_answer(program):
    for path in ("/songs", "/features:classify"):
        answer = program.client.post(f"{BASE}{path}", headers=program.headers)
        problem(answer, 415 if path.startswith("/features") else 422, answer.json()["code"])
    answer = program.client.generic("POST", f"{BASE}/features:classify", headers=program.headers)
    problem(answer, 422, "invalid")


@pytest.mark.parametrize(("data", "kind", "status", "code"), MULTIPART)
def test_forms_that_cannot_be_read(program, data, kind, status, code):
    answer = program.client.generic(
        "POST", f"{BASE}/songs", data, content_type=kind, headers=program.headers
    )
    problem(answer, status, code)


def test_far_too_large_a_request_is_refused_by_its_length(program):
    answer = program.client.generic(
        "POST",
        f"{BASE}/songs",
        b"",
        content_type="multipart/form-data; boundary=x",
        headers=program.headers | {"Content-Length": "9" * 15},
    )
    problem(answer, 413, "too_large")
    assert answer["Connection"] == "close"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("away"), 503, "database"),
        (OSError(errno.ENOSPC, "full"), 503, "full"),
        (RuntimeError("secret detail"), 500, "server_error"),
    ],
)
def test_what_breaks_is_a_problem_too_and_tells_no_detail(
    program, monkeypatch, error, status, code
):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr(songs.history, "entries_of", broken)
    told = problem(program.get("/songs"), status, code)
    assert "secret" not in json.dumps(told)


def test_every_code_has_a_status_and_a_title():
    for code, (status, title) in CODES.items():
        assert 400 <= status < 600, code
        assert title


def test_pages_keep_their_own_errors(client, db):
    assert client.get("/no-such-page/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (schemas.State, Classification.State),
        (schemas.Source, Classification.Source),
        (schemas.Extent, Classification.Extent),
    ],
)
def test_the_document_tells_of_all_that_a_song_can_be(told, stored):
    assert set(get_args(told)) == set(stored.values)


@pytest.fixture
def below_a_path(settings):
    settings.BASE_PATH, settings.FORCE_SCRIPT_NAME = "/genre/", "/genre"


def test_below_a_path_all_addresses_are_below_it(program, below_a_path, client):
    told = problem(program.get("/songs/nothing"), 404, "not_found")
    assert told["type"] == "/genre/api/v1/docs#problem-not_found"
    assert document()["servers"] == [{"url": "/genre"}]
    page = client.get(f"{BASE}/docs").content.decode()
    assert "http://testserver/genre/api/v1/songs" in page
    assert "/genre/api/v1/songs/b3Vx0aPq_9c" in page
    assert "testserver/api/" not in page


def test_below_a_path_an_outage_has_its_code(program, below_a_path, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(songs.history, "entries_of", away)
    problem(program.get("/songs"), 503, "database")
