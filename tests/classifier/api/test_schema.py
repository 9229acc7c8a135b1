"""Made-up requests, by the OpenAPI document and against it: no 500, no answer it does not tell of.

schemathesis makes them, asks the WSGI application, and holds each answer to the document.
"""

from __future__ import annotations

import itertools

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from classifier.api.openapi import document

from .conftest import Program

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = 60  # an operation and a mode
SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = get_wsgi_application()
OPERATIONS = {
    operation.ok().definition.raw["operationId"]: operation.ok()
    for operation in SCHEMA.get_all_operations()
}


@pytest.fixture(autouse=True)
def _one_connection(db):
    """Requests do not close the connection, in whose transaction the test is."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    # Nobody closes the last answer, and what is kept for a request would be kept for other tests.
    request_finished.send(sender=None)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def nobody_is_limited(settings):
    for name in (
        "JOBS_PER_HOUR", "JOBS_PER_HOUR_IN_ALL", "JOBS_AT_ONCE", "SEARCHES_PER_MINUTE",
        "SEARCHES_PER_MINUTE_IN_ALL", "CORRECTIONS_PER_HOUR", "API_WAITING",
    ):  # fmt: skip
        setattr(settings, name, 0)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_is_answered_otherwise_than_the_document_says(
    name, mode, ann, make_classification, nobody_is_limited
):
    program = Program("read", "classify", "review", owner=ann)
    row = make_classification()
    statuses, turns = set(), itertools.count()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode))
    def ask(case):
        if "song_id" in case.path_parameters and next(turns) % 2:
            case.path_parameters["song_id"] = row.public_id  # one that there is
        answer = case.call(headers=program.headers | {"Accept-Encoding": "identity"})
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()
    assert statuses
