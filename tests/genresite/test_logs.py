"""Lines of the log: time, ids of request and job, and nothing about people."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from classifier.log_context import bound, job_id, request_id
from genresite.logs import logging_config

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}"


@pytest.fixture
def logged(capsys, monkeypatch):
    """Set the log up in one form; returns a function that gives the lines since."""
    # Which closes all handlers there are: TensorFlow's would close the stream it once found as
    # sys.stderr, and that is pytest's for all tests.
    monkeypatch.setattr(logging, "shutdown", lambda handlers=(): None)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def begin(kind: str):
        logging.config.dictConfig(logging_config(kind, "INFO"))
        capsys.readouterr()
        return lambda: capsys.readouterr().err.splitlines()

    request_id.set("")
    yield begin
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_of_text_begins_with_the_time_and_has_the_ids(logged):
    lines = logged("text")
    logging.getLogger("some.room").info("before")
    with bound(job_id, "job-1"), bound(request_id, "request-1"):
        logging.getLogger("some.room").warning("within")
    before, within = lines()
    assert re.fullmatch(rf"{TIME} INFO some.room: before", before)
    assert re.fullmatch(rf"{TIME} WARNING some.room request=request-1 job=job-1: within", within)


def test_a_line_of_json_has_what_programs_look_for(logged):
    lines = logged("json")
    with bound(job_id, "job-1"):
        try:
            raise ValueError("reason")
        except ValueError:
            logging.getLogger("some.room").exception("it %s", "failed")
    (line,) = map(json.loads, lines())
    assert re.fullmatch(TIME, line.pop("time"))
    assert "ValueError: reason" in line.pop("exception")
    assert line == {
        "level": "ERROR", "logger": "some.room", "message": "it failed", "job_id": "job-1",
    }  # fmt: skip


def test_ids_of_one_thread_are_not_anothers():
    seen = []
    with bound(request_id, "mine"):
        thread = threading.Thread(target=lambda: seen.append(request_id.get()))
        thread.start()
        thread.join()
    assert seen == [""]


def test_an_unknown_form_stops_the_start():
    with pytest.raises(ImproperlyConfigured, match="use text or json"):
        logging_config("xml", "INFO")


@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_request_is_logged_without_what_was_asked_and_by_whom(client, db, logged, kind):
    lines = logged(kind)
    client.get(
        reverse("search"),
        {"q": "secretwords"},
        headers={"user-agent": "secretbrowser", "cookie": "secretcookie=1"},
        REMOTE_ADDR="192.0.2.77",
    )
    client.get("/song/secretid12/")
    text = "\n".join(lines())
    assert "/search/" in text
    assert "/song/<" in text  # the pattern of the address
    for secret in ("secretwords", "192.0.2.77", "secretbrowser", "secretcookie"):
        assert secret not in text


def test_a_line_says_how_it_went(client, db, logged):
    lines = logged("json")
    client.get(reverse("about"))
    (line,) = map(json.loads, lines())
    assert (line["logger"], line["method"], line["route"], line["status"]) == (
        "genresite.access", "GET", "/about/", 200,
    )  # fmt: skip
    assert line["duration_ms"] >= 0
    assert re.fullmatch("[0-9a-f]{16}", line["request_id"])


def test_probes_are_logged_when_they_fail_alone(client, worker_alive, logged):
    lines = logged("json")
    client.get("/livez")
    client.get("/readyz")
    client.get("/health/")  # asked several times a second while scripts/serve starts
    assert lines() == []
    worker_alive.delete()
    client.get("/readyz")
    assert [line["status"] for line in map(json.loads, lines()) if "route" in line] == [503]


def test_without_an_access_log_only_what_fails_is_logged(client, db, logged, settings):
    settings.ACCESS_LOG = False
    lines = logged("json")
    client.get(reverse("about"))
    assert lines() == []
    response = client.get("/no/such/page/")
    (line,) = map(json.loads, lines())
    assert line["message"] == "Not Found: /no/such/page/"
    assert line["request_id"] == response["X-Request-ID"]


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        ("5f0c2a7e-1111-4222-8333-444455556666", True),
        ("abcdefgh", True),
        ("short", False),
        ("x" * 65, False),
        ("with space", False),
        ('quote"quote', False),
    ],
)
def test_the_id_of_a_proxy_is_taken_where_it_is_one(client, db, sent, is_taken):
    answered = client.get(reverse("about"), headers={"x-request-id": sent})["X-Request-ID"]
    assert (answered == sent) == is_taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answered)


def test_each_request_has_an_id_of_its_own(client, db):
    ids = {client.get(reverse("about"))["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
