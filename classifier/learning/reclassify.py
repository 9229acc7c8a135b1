"""Answering anew, by the model that serves, what its networks have heard before.

From stored numbers, without the recordings. The answer of before stays as it is. Each part is
written in one transaction and what has an answer already is left alone, so that a process that is
killed loses nothing, and the next one goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from classifier import serving
from classifier.models import Classification
from classifier.models.classification import DETAILS
from ml.learning.base import load_base
from ml.learning.refit import Answers, Fitted
from ml.registry.card import ModelCard

from . import candidates, stored

COPIED = (
    "source", "source_id", "extent", "title", "artist", "duration_s", "tags", "features", "windows",
    "versions",
)  # fmt: skip
# What differs between the answers of one part.
OWN = (
    "public_id", "genre", "confidence", "probabilities", "outside_score", "is_outside", "is_music",
    "answered_from",
)  # fmt: skip
PARTS = 500  # rows in one transaction: nobody else waits long to write


def spaces() -> list[str]:
    """The other models whose stored numbers the one that serves can answer by."""
    card = serving.card()
    return [
        other.model_id
        for other in serving.cards()
        if other.feature_space == card.feature_space and other.model_id != card.model_id
    ]


def waiting() -> QuerySet[Classification]:
    """Answers of other models to recordings that the one that serves has not answered."""
    mine = Classification.objects.filter(
        source=OuterRef("source"),
        source_id=OuterRef("source_id"),
        extent=OuterRef("extent"),
        model_id=serving.card().model_id,
    )
    return Classification.objects.done().filter(model_id__in=spaces()).exclude(Exists(mine))


def reclassify(report: Callable[[str], None] = lambda text: None) -> tuple[int, int]:
    """Answer anew; returns how many recordings, and how many of them otherwise than before."""
    card = serving.card()
    base = load_base(candidates.base_card())
    head = candidates.head_of(card, base)
    thresholds = {
        other.model_id: other.ood.threshold for other in serving.cards() if other.ood is not None
    }
    done = changed = 0
    total = waiting().count()
    for model_id in _newest_first(spaces()):
        answers = waiting().filter(model_id=model_id)
        for part in stored.batches(answers, len(head.kernel), thresholds.get(model_id, np.inf)):
            rows = _answered(part, head, card)
            for first in range(0, len(rows), PARTS):
                with transaction.atomic():
                    _insert(rows[first : first + PARTS])
            done += len(rows)
            changed += sum(
                row.headline != before
                for row, before in zip(rows, part.headlines.tolist(), strict=True)
            )
            report(f"answered {done} of {total} anew, {changed} otherwise")
    return done, changed


def changed(model_id: str) -> QuerySet[Classification]:
    """Answers that a model has given anew and otherwise than before, the most confident first."""
    anew = Classification.objects.done().filter(model_id=model_id, answered_from__isnull=False)
    refused_alike = Q(is_outside=F("answered_from__is_outside"))
    same_genre = Q(is_outside=True) | Q(genre=F("answered_from__genre"))
    return (
        anew.exclude(refused_alike & same_genre)
        .select_related("answered_from")
        .defer(*DETAILS, *(f"answered_from__{name}" for name in DETAILS))
        .order_by("-confidence", "pk")
    )


def _newest_first(model_ids: list[str]) -> list[str]:
    """Of a recording that several have answered, the newest model's answer is taken."""
    newest = [card.model_id for card in candidates.learned_cards()]
    return sorted(model_ids, key=lambda name: newest.index(name) if name in newest else len(newest))


def _answered(part: stored.Stored, head: Fitted, card: ModelCard) -> list[Classification]:
    said = head.answer(part.x)
    now = timezone.now()
    is_music = head.detector.is_music(part.x)
    refused = said.refused | part.silent
    return [
        Classification(
            **_numbers(said, i, head),
            model_id=card.model_id,
            bundle_sha256=card.sha256,
            state=Classification.State.DONE,
            is_outside=bool(refused[i]),
            is_music=_music(bool(refused[i]), bool(part.silent[i]), bool(is_music[i])),
            answered_from_id=row["pk"],
            started_at=now,
            finished_at=now,
        )
        for i, row in enumerate(part.rows)
    ]


def _insert(rows: list[Classification]) -> None:
    """Store answers of one model; one that has been given meanwhile stays.

    What is copied of the earlier ones stays in the database: it is the most of a row.
    """
    fields = [field for field in Classification._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    table = quote(Classification._meta.db_table)

    def prepared(field: Any, row: Classification) -> Any:
        return field.get_db_prep_save(field.pre_save(row, add=True), connection)

    # The same in all rows but for OWN and what is copied.
    same = {field.name: prepared(field, rows[0]) for field in fields if field.name not in COPIED}
    own = [field for field in fields if field.name in OWN]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    sources = ", ".join(
        quote(str(field.column)) if field.name in COPIED else "%s" for field in fields
    )
    # Names of columns alone are put into the text.
    statement = (
        f"INSERT INTO {table} ({columns}) SELECT {sources} FROM {table} WHERE id = %s "  # noqa: S608
        "ON CONFLICT DO NOTHING"
    )
    values = [
        [
            *(same | {field.name: prepared(field, row) for field in own}).values(),
            row.answered_from_id,
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _numbers(said: Answers, i: int, head: Fitted) -> dict[str, Any]:
    probabilities = said.probabilities[i]
    best = int(probabilities.argmax())
    return {
        "genre": head.labels[best],
        "confidence": float(probabilities[best]),
        "probabilities": {
            label: round(float(p), 6) for label, p in zip(head.labels, probabilities, strict=True)
        },
        "outside_score": float(said.above[i]) + head.threshold,
    }


def _music(is_outside: bool, is_silent: bool, is_music: bool) -> bool | None:
    if not is_outside:
        return None
    return False if is_silent else is_music
