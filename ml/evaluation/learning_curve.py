"""The learning curve as scripts.experiments.learning_curve measured it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "learning_curve.json"


def read_curve() -> dict[str, Any]:
    """Read {model, judged_on, rows}; the rows are those of `ml.heads.wild.learning_curve`."""
    curve: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return curve
