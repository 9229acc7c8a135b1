"""The ladder from a leaky score to an honest one, measured by `scripts.experiments.ablation`.

Light."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

LADDER = Path(__file__).parent / "ablation.json"


@cache
def read_ladder(path: Path = LADDER) -> dict[str, Any]:
    """What the script wrote.

    Returns
    -------
    {command, scheme, n_tracks, n_tracks_learned_from_by_cnns, seed, rungs, ...}; a rung is {name,
    unit "segment" or "track", n, accuracy, accuracy_ci95}, the leaky one first and then the same
    network with artists kept apart
    """
    return json.loads(path.read_text(encoding="utf-8"))


def leak(ladder: dict[str, Any]) -> float:
    """How much accuracy, in [0, 1], the leaky rung owes to having met the recordings before."""
    leaky, honest = ladder["rungs"][:2]
    return leaky["accuracy"] - honest["accuracy"]
