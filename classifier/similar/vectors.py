"""Vectors of answers: what the head weighs, less the average, as a direction.

`python -m scripts.experiments.similar_songs` compares this with other distances.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np
from django.utils import timezone

from classifier import serving
from classifier.models import Classification, RateCount, SongVector
from ml.registry.card import ModelCard

BATCH = 500


def space_of(card: ModelCard) -> str:
    """Return the space of a model's vectors, "" where it has none (a network without a head).

    Models that learned on from one another share it, as long as their heads weigh the same.
    """
    if card.head is None:
        return ""
    told = [card.feature_space, card.head.baseline, card.weighed_tags]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def unit_vector(card: ModelCard, features: Sequence[float]) -> np.ndarray | None:
    """Return the vector of a recording, [shape=(d,), dtype=float32], of length 1.

    None where the answer has no such numbers, or lies at the average itself.
    """
    head = card.head
    if head is None or len(features) != len(head.features):
        return None
    weighed = set(card.weighed_tags)
    columns = [i for i, tag in enumerate(head.features) if tag in weighed]
    found = np.asarray(features, np.float64)[columns] - np.asarray(head.baseline)[columns]
    length = np.linalg.norm(found)
    if not np.isfinite(length) or length == 0:
        return None
    return (found / length).astype(np.float32)


def keep(classification: Classification, features: Sequence[float], card: ModelCard) -> None:
    """Store the vector of an answer, or put it in the place of an earlier one."""
    vector = unit_vector(card, features)
    if vector is None:
        return
    SongVector.objects.update_or_create(
        classification=classification,
        defaults={"space": space_of(card), "vector": vector.astype("<f4").tobytes()},
    )


def fill_in(most: int | None = None) -> int:
    """Store vectors of answers that have none in the space of the model that serves.

    As after an upgrade, or after a model of another space was promoted. Answers that were computed
    from the numbers of others have the same ones, and get none.

    Parameters
    ----------
    most : how many at once; None for all
    """
    card = serving.card()
    space = space_of(card)
    if not space:
        return 0
    missing = (
        Classification.objects.done()
        .filter(model_id__in=_models_of(space), answered_from=None)
        .exclude(vector__space=space)
        .order_by("pk")
    )
    done, last = 0, 0
    while most is None or done < most:
        rows = list(missing.filter(pk__gt=last).values_list("pk", "features")[:BATCH])
        if not rows:
            break
        last = rows[-1][0]
        done += _store(rows, card, space)
    return done


def fill_in_daily() -> int | None:
    """Do `fill_in` once a day, and after a model of another space was promoted; else None.

    It is noted when it is done: a worker that is killed meanwhile leaves the rest to the next.
    """
    key = f"vectors:{timezone.now():%Y-%m-%d}:{space_of(serving.card())}"
    if RateCount.objects.filter(key=key).exists():
        return None
    count = fill_in()
    RateCount.objects.get_or_create(key=key)
    return count


def _models_of(space: str) -> list[str]:
    return [card.model_id for card in serving.registry().cards() if space_of(card) == space]


def _store(rows: Iterable[tuple[int, list[float]]], card: ModelCard, space: str) -> int:
    made = []
    for pk, features in rows:
        if (vector := unit_vector(card, features)) is not None:
            data = vector.astype("<f4").tobytes()
            made.append(SongVector(classification_id=pk, space=space, vector=data))
    # One of another space may stand there; of this one, another process may have been quicker.
    theirs = SongVector.objects.filter(classification__in=[row.classification_id for row in made])
    theirs.exclude(space=space).delete()
    SongVector.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)
