"""What would change: a candidate's answers to all that another model has answered."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classifier.models import Classification
from ml.learning.refit import Fitted
from ml.learning.taught import NONE

from . import stored

LISTED = 200  # changes that are listed, those most confident first


@dataclass
class Replay:
    """What would change.

    Attributes
    ----------
    n, changed : answers, and those that would be others
    unjudged, unjudged_changed : the same without those that staff reviewed
    demos, demos_changed : the same of the demo tracks
    pairs : how many, by (answer, what it would be)
    listed : {"public_id", "before", "after", "confidence"} each
    """

    n: int = 0
    changed: int = 0
    unjudged: int = 0
    unjudged_changed: int = 0
    demos: int = 0
    demos_changed: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "changed": self.changed,
            "unjudged": self.unjudged,
            "unjudged_changed": self.unjudged_changed,
            "pairs": [[*pair, n] for pair, n in self.pairs.most_common()],
            "listed": self.listed,
        }


def replay(
    candidate: Fitted,
    model_id: str,
    threshold: float,
    report: Callable[[str], None] = lambda text: None,
) -> Replay:
    """Answer anew, without storing it, what a model has answered.

    Parameters
    ----------
    model_id, threshold : of the model that answered, of the same feature space
    report : is told how far it is
    """
    answers = Classification.objects.done().filter(model_id=model_id)
    total = answers.count()
    found = Replay()
    listed: list[tuple[float, int, dict[str, Any]]] = []
    for part in stored.batches(answers, len(candidate.kernel), threshold):
        said = candidate.answer(part.x)
        after = np.where(part.silent, NONE, said.headlines)
        reviewed = np.array([bool(row["reviewed_genre"]) for row in part.rows])
        flips = after != part.headlines
        found.n += len(flips)
        found.changed += int(flips.sum())
        found.unjudged += int((~reviewed).sum())
        found.unjudged_changed += int((flips & ~reviewed).sum())
        demo = np.array([row["source"] == Classification.Source.LIBRARY for row in part.rows])
        found.demos += int(demo.sum())
        found.demos_changed += int((flips & demo).sum())
        confidence = said.probabilities.max(axis=1)
        for i in np.flatnonzero(flips):
            found.pairs[str(part.headlines[i]), str(after[i])] += 1
            row = part.rows[i]
            flip = {
                "public_id": row["public_id"],
                "before": str(part.headlines[i]),
                "after": str(after[i]),
                "confidence": round(float(confidence[i]), 4),
            }
            listed.append((-flip["confidence"], row["pk"], flip))
        listed = heapq.nsmallest(LISTED, listed, key=lambda item: item[:2])
        report(f"compared {found.n} of {total} stored answers")
    found.listed = [flip for _, _, flip in listed]
    return found
