"""What a phone's recording changes, as scripts.experiments.phone_recording measured it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "phone_recording.json"
# What a card calls the same done to clips of GTZAN, see `ml.evaluation.robustness.changes`.
PHONE_RECORDING = "ten seconds of a loudspeaker, recorded by a phone"
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class PhoneRecording:
    """Ten-second excerpts of some tracks, each heard as it is and as a phone records it.

    Attributes
    ----------
    model_id : whose answers these are
    n_tracks, n : of tracks, of excerpts
    same : excerpts whose answer stays the same
    refused : excerpts that are taken for none of the genres only as a phone records them
    moved, most_moved : mean and largest share of the probability that goes to other genres, in
        [0, 1]: half the sum of all differences
    rows : {track, whole, excerpts [{start_s, plain, phone, moved}]} of each track
    """

    model_id: str
    n_tracks: int
    n: int
    same: int
    refused: int
    moved: float
    most_moved: float
    rows: list[dict[str, Any]]


def summarize(model_id: str, rows: list[dict[str, Any]]) -> PhoneRecording:
    """Count over the excerpts of all tracks."""
    excerpts = [excerpt for row in rows for excerpt in row["excerpts"]]
    moved = [excerpt["moved"] for excerpt in excerpts]
    return PhoneRecording(
        model_id=model_id,
        n_tracks=len(rows),
        n=len(excerpts),
        same=sum(excerpt["plain"] == excerpt["phone"] for excerpt in excerpts),
        refused=sum(excerpt["phone"] == "none" != excerpt["plain"] for excerpt in excerpts),
        moved=sum(moved) / len(moved),
        most_moved=max(moved),
        rows=rows,
    )


def read_phone_recording() -> PhoneRecording:
    """Read what was measured last."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    return summarize(result["model"], result["tracks"])
