"""A thousand songs or a million, as workers and visitors would have left them: for benchmarks.

The songs are those of a year, and each row is as large as that of half a minute of music. A
thousand are made by the ORM; the database makes the rest, which are copies. Half of the entries are
one visitor's, the others a thousand visitors'.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from datetime import timedelta

from ml.registry.bundles import SHIPPED

VISITOR = "me"
BATCH = 1_000  # made by the ORM; the rest are copies of it
AT_A_TIME = 20  # copies
STEP_H = 9  # between the copies: a million entries are those of a year
ROOM_BYTES = 7_500  # for a song and its entry in the indexes, and the journal beside them
SEGMENTS = 10  # of three seconds
FAILED, UPLOADED, OUTSIDE, REVIEWED, CORRECTED = 20, 10, 25, 40, 30  # one song in so many


def check_room(n: int) -> None:
    """End the program where the temporary folder has no room for n songs."""
    folder = tempfile.gettempdir()
    if shutil.disk_usage(folder).free < n * ROOM_BYTES:
        sys.exit(f"{folder} has too little room: {n * ROOM_BYTES / 1e9:.0f} GB.")


def public_id(number: int) -> str:
    """Return the id of the song of a number, from 0 on; see `is_answered`."""
    copy, i = divmod(number, BATCH)
    return f"p{i}-{copy}" if copy else f"p{i}"


def is_answered(number: int) -> bool:
    """Tell whether the song has an answer; the others have failed."""
    return number % BATCH % FAILED != 1


def fill(n: int) -> None:
    """Fill a migrated, empty database with n songs, a multiple of BATCH."""
    from django.db import connection
    from django.utils import timezone

    from classifier.models import Classification, Correction, HistoryEntry

    now = timezone.now()
    chance = random.Random(1)  # the same songs each time
    # Numbered from 1 on, whatever was numbered before: copies are numbered after them.
    made = [song(i, now, chance, model_id=SHIPPED.card().model_id) for i in range(BATCH)]
    for pk, row in enumerate(made, 1):
        row.pk = pk
    Classification.objects.bulk_create(made)
    HistoryEntry.objects.bulk_create(
        HistoryEntry(
            pk=i + 1,
            visitor=VISITOR if i % 2 else f"v{i}",
            classification=row,
            title="" if row.title else f"file {i}.mp3",
            created_at=now - timedelta(seconds=i * n // BATCH),
        )
        for i, row in enumerate(made)
    )
    Correction.objects.bulk_create(
        Correction(pk=pk, visitor="v", classification=row, genre="rock", updated_at=now)
        for pk, row in enumerate(made[::CORRECTED], 1)
    )
    copies = n // BATCH - 1
    _copy(Classification, copies, ["id", "public_id", "source_id", "title", "created_at"])
    _copy(HistoryEntry, copies, ["id", "classification_id", "created_at"])
    _copy(Correction, copies, ["id", "classification_id", "updated_at"])
    _count_on(connection, [Classification, HistoryEntry, Correction])


def song(i: int, now, chance: random.Random, *, model_id: str, segments: int = SEGMENTS):
    """A row as a worker would leave it, as large, and of every kind that the admin tells apart."""
    from classifier.models import Classification

    card = SHIPPED.card(model_id)
    upload = i % UPLOADED == 0
    row = Classification(
        public_id=f"p{i}", source="upload" if upload else "youtube", source_id=f"s{i}",
        model_id=card.model_id, title="" if upload else f"Song {i}", artist="Band",
        state="done", finished_at=now,
    )  # fmt: skip
    if i % FAILED == 1:
        row.state, row.error_kind = "failed", chance.choice(("private", "removed", "silent"))
        return row

    def numbers(n: int, digits: int) -> list[float]:
        return [round(chance.random(), digits) for _ in range(n)]

    row.genre, row.confidence = chance.choice(card.labels), chance.random()
    row.is_outside = i % OUTSIDE == 2
    row.probabilities = dict(zip(card.labels, numbers(len(card.labels), 6), strict=True))
    row.tags = dict(zip(card.tags, numbers(len(card.tags), 6), strict=True))
    row.features = numbers(len(card.tags), 6)
    row.segments = [
        {
            "start_s": 3.0 * k,
            "end_s": 3.0 * k + 2.992,
            "probabilities": numbers(len(card.labels), 4),
            "logits": numbers(len(card.labels), 4),
        }
        for k in range(segments)
    ]
    row.windows, row.bundle_sha256 = [[0.0, 3.0 * segments]], card.sha256
    if i % REVIEWED == 3:
        row.reviewed_genre, row.reviewed_at = chance.choice(card.labels), now
    return row


def _copy(model, copies: int, own: list[str]) -> None:
    """Every row once more for each copy, with its own ids, names and time; the rest is the same."""
    from django.db import connection

    def earlier(column: str) -> str:
        if connection.vendor == "sqlite":
            return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-' || (n * {STEP_H}) || ' hours')"
        return f"{column} - n * interval '{STEP_H} hours'"

    columns = [field.column for field in model._meta.concrete_fields]
    changed = {
        "id": f"id + n * {BATCH}",
        "classification_id": f"classification_id + n * {BATCH}",
        "title": "CASE WHEN title = '' THEN '' ELSE title || '-' || n END",
        "created_at": earlier("created_at"),
        "updated_at": earlier("updated_at"),
    }
    values = [
        column if column not in own else changed.get(column, f"{column} || '-' || n")
        for column in columns
    ]
    with connection.cursor() as cursor:
        # Not in one go, whose journal would be as large as the database.
        for first in range(1, copies + 1, AT_A_TIME):
            cursor.execute(
                "WITH RECURSIVE numbers(n) AS "
                "(SELECT %s UNION ALL SELECT n + 1 FROM numbers WHERE n < %s) "
                f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
                f"SELECT {', '.join(values)} FROM numbers CROSS JOIN {model._meta.db_table} "
                f"WHERE id <= {BATCH}",
                [first, min(first + AT_A_TIME - 1, copies)],
            )


def _count_on(connection, models: list) -> None:
    """Have new rows numbered after the copies, which were given their numbers."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # what autovacuum does, a minute later
