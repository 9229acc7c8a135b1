"""Which errors an operation can answer with, for the OpenAPI document."""

from __future__ import annotations

from .schemas import Problem


def problems(*statuses: int) -> dict[int, type[Problem]]:
    """Return entries of `response=` for errors."""
    return dict.fromkeys(statuses, Problem)
