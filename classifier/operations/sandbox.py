"""Which measures confine the processes that handle what strangers send, on this machine."""

from __future__ import annotations

from ml.sandbox import trial


def report() -> dict[str, list[str]]:
    """Return the measures in force, and a sentence for each that is missing."""
    return {"in_force": list(trial.measures()), "missing": list(trial.shortcomings().values())}
