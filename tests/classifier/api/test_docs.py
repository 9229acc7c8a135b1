"""The OpenAPI document and the page made of it."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from django.urls import reverse

from classifier.api.docs import EXAMPLE_BODIES, curl
from classifier.api.openapi import document
from classifier.api.problems import CODES
from classifier.failure_reasons import REASONS
from classifier.models import HistoryEntry
from ml.registry.bundles import SHIPPED

from .conftest import BASE, Program, problem

OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
}


def test_the_document_is_read_without_a_token(client, db):
    answer = client.get(reverse("api_openapi"))
    assert answer.status_code == 200
    assert answer.json() == document()
    assert not answer.cookies


def test_every_operation_tells_its_scope_its_answers_and_the_form_of_errors():
    for name, (_, _, operation) in OPERATIONS.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["security"], name
        statuses = set(operation["responses"])
        assert {"200", "401", "403", "503"} <= statuses, name
        for status, answer in operation["responses"].items():
            kind = "application/problem+json" if int(status) >= 400 else "application/json"
            assert list(answer["content"]) == [kind]
            assert ("Retry-After" in answer.get("headers", {})) == (status in ("429", "503"))


def test_the_page_has_every_operation_parameter_shape_and_code(client, db):
    page = client.get(reverse("api_docs"))
    assert page.status_code == 200
    html = page.content.decode()
    for name, (method, path, operation) in OPERATIONS.items():
        assert f'id="{name}"' in html
        assert f"<strong>{method}</strong> {path}" in html
        for parameter in operation["parameters"]:
            assert f"<code>{parameter['name']}</code>" in html
    for shape in document()["components"]["schemas"]:
        assert f'id="shape-{shape}"' in html
    for code in CODES:
        assert f'id="problem-{code}"' in html
    for kind in REASONS:
        assert f"<code>{kind}</code>" in html
    # Each link within the page leads somewhere, and no name is there twice.
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_the_page_needs_no_script_and_nobody_else(client, db):
    html = client.get(reverse("api_docs")).content.decode()
    assert "<script" not in html
    assert "style=" not in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_pages_link_to_it(client, db):
    assert f'href="{reverse("api_docs")}"' in client.get(reverse("home")).content.decode()


def test_the_page_asks_the_database_nothing(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(reverse("api_docs"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_understood(name, make_classification, ann):
    """Sends what the command line of the page would send."""
    method, path, _ = OPERATIONS[name]
    program = Program("read", "classify", "review", owner=ann)
    row = make_classification()
    HistoryEntry.objects.create(visitor=program.visitor, classification=row)
    line = curl(name, method, path, "http://testserver")
    line = line.replace("$TOKEN", program.text).replace("$ID", row.public_id)
    words = shlex.split(line)
    assert words[0] == "curl"
    headers, data, sent, url = {}, b"", "GET", ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            key, _, value = next(rest).partition(": ")
            headers[key] = value
        elif word == "-d":
            data, sent = next(rest).encode(), "POST"
        elif word == "-X":
            sent = next(rest)
        else:
            url = word
    assert sent == method
    if name in EXAMPLE_BODIES:
        assert json.loads(data) == EXAMPLE_BODIES[name]
    if name in ("ask_for_song", "get_genres"):
        url = re.sub(r"wait=\d+", "wait=0", url)
    answer = program.client.generic(
        method, url.removeprefix("http://testserver"), data,
        content_type=headers.pop("Content-Type", ""), headers=headers,
    )  # fmt: skip
    if name == "classify_features":
        problem(answer, 422, "wrong_numbers")  # two of them, where 197 would be a long line
    elif name == "get_genres":
        problem(answer, 422, "disabled")
    else:
        assert answer.status_code in (200, 202), answer.content


def test_the_model_of_the_example_is_the_one_that_comes_along():
    assert f"{BASE}/models/{SHIPPED.default_id()}" in curl(
        "read_model", "GET", f"{BASE}/models/{{model_id}}", ""
    )
