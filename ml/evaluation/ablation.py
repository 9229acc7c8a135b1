"""The ablation: from a score with artists on both sides of the split to one without.

Measured by `scripts.experiments.ablation`. Imports no library, so that pages can read it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

LADDER = Path(__file__).parent / "ablation.json"


@cache
def read_ladder(path: Path = LADDER) -> dict[str, Any]:
    """Read what the script wrote.

    Returns
    -------
    {command, scheme, n_tracks, n_tracks_learned_from_by_cnns, seed, rungs, ...}; a rung is {name,
    unit "segment" or "track", n, accuracy, accuracy_ci95}, the leaky one first and then the same
    network with artists kept apart
    """
    return json.loads(path.read_text(encoding="utf-8"))


def leak(ladder: dict[str, Any]) -> float:
    """Return by how much the leaky split raises the accuracy of the same network, in [0, 1]."""
    leaky, honest = ladder["rungs"][:2]
    return leaky["accuracy"] - honest["accuracy"]
