"""What a line of the log belongs to: a request, a job. Both are random ids, not people."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
job_id: ContextVar[str] = ContextVar("job_id", default="")


@contextmanager
def bound(variable: ContextVar[str], value: str) -> Iterator[None]:
    """Have the lines of a block belong to a request or a job."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def add_ids(record: logging.LogRecord) -> bool:
    """Filter of the handlers: give a record its ids, and `ids` for the lines of text."""
    ids = {"request": request_id.get(), "job": job_id.get()}
    record.request_id, record.job_id = ids["request"], ids["job"]
    record.ids = "".join(f" {name}={value}" for name, value in ids.items() if value)
    return True
