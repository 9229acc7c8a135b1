"""What pages of the history and of the admin cost with a thousand songs, and with a million.

In a process of its own (`python -m scripts.bench.history N`), with its own SQLite: half of the
entries are one visitor's, the others a thousand visitors'. The songs are those of a year, and each
row is as large as that of half a minute of music: a million need about 7 GB of disk for a while.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta

from ml.registry.bundles import SHIPPED

FEW, MANY = 1_000, 1_000_000
ROUNDS = 5
BATCH = 1_000  # made by the ORM; the rest are copies of it
AT_A_TIME = 20  # copies
STEP_H = 9  # between the copies: a million entries are those of a year
ROOM_BYTES = 7_500  # for a song and its entry in the indexes, and the journal beside them
SEGMENTS = 10  # of three seconds
FAILED, UPLOADED, OUTSIDE, REVIEWED, CORRECTED = 20, 10, 25, 40, 30  # one song in so many


def measure() -> dict:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < MANY * ROOM_BYTES:
        sys.exit(f"{tempfile.gettempdir()} has too little room: {MANY * ROOM_BYTES / 1e9:.0f} GB.")
    few, many = _of(FEW), _of(MANY)
    found = {}
    for page, seconds in many["pages"].items():
        found[f"{page}_ms"] = round(1000 * seconds, 1)
        found[f"{page}_times_of_{FEW}_entries"] = round(seconds / few["pages"][page], 1)
    return {"entries": MANY, "database_gb": round(many["bytes"] / 1e9, 1), **found}


def _of(n: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scripts.bench.history", str(n)]
        env = os.environ | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "genresite.settings"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _main(n: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    _fill(n)
    size = os.stat(settings.DATABASES["default"]["NAME"]).st_size
    print(json.dumps({"pages": _pages(), "bytes": size}))


def _fill(n: int) -> None:
    from django.utils import timezone

    from classifier.models import Classification, Correction, HistoryEntry

    now = timezone.now()
    chance = random.Random(1)  # the same songs each time
    made = Classification.objects.bulk_create(_song(i, now, chance) for i in range(BATCH))
    HistoryEntry.objects.bulk_create(
        HistoryEntry(
            visitor="me" if i % 2 else f"v{i}",
            classification=row,
            title="" if row.title else f"file {i}.mp3",
            created_at=now - timedelta(seconds=i * n // BATCH),
        )
        for i, row in enumerate(made)
    )
    Correction.objects.bulk_create(
        Correction(visitor="v", classification=row, genre="rock", updated_at=now)
        for row in made[::CORRECTED]
    )
    copies = n // BATCH - 1
    _copy(Classification, copies, ["id", "public_id", "source_id", "title", "created_at"])
    _copy(HistoryEntry, copies, ["id", "classification_id", "created_at"])
    _copy(Correction, copies, ["id", "classification_id", "updated_at"])


def _song(i: int, now, chance: random.Random):
    """A row as a worker would leave it, as large, and of every kind that the admin tells apart."""
    from classifier.models import Classification

    card = SHIPPED.card()
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
        for k in range(SEGMENTS)
    ]
    row.windows, row.bundle_sha256 = [[0.0, 30.0]], card.sha256
    if i % REVIEWED == 3:
        row.reviewed_genre, row.reviewed_at = chance.choice(card.labels), now
    return row


def _copy(model, copies: int, own: list[str]) -> None:
    """Every row once more for each copy, with its own ids, names and time; the rest is the same."""
    from django.db import connection

    def earlier(column: str) -> str:
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-' || (n * {STEP_H}) || ' hours')"

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


def _pages() -> dict[str, float]:
    """Seconds for each page, the median of ROUNDS."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from classifier.models import HistoryEntry
    from classifier.visitors import history

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("staff"))
    session = client.session
    session["visitor"] = "me"
    session.save()
    own = HistoryEntry.objects.filter(visitor="me", title="")
    oldest = own.order_by("created_at")[50]
    title = oldest.classification.title
    month = {
        "created_at__year": oldest.created_at.year,
        "created_at__month": oldest.created_at.month,
    }
    songs = "/admin/classifier/classification/"
    pages = {
        "first_page": ("/history/", {}),
        "page_near_the_end": ("/history/", {"older": history.cursor(oldest)}),
        "search_for_a_common_word": ("/history/", {"q": "song"}),
        "search_for_a_rare_word": ("/history/", {"q": title}),
        "search_for_a_genre": ("/history/", {"genre": "jazz"}),
        "admin_overview": ("/admin/", {}),
        "admin_list": (songs, {}),
        "admin_list_of_a_month": (songs, month),
        "admin_list_of_a_genre": (songs, {"genre": "jazz"}),
        "admin_list_of_what_nobody_has": (songs, {"genre": "jazz", "extent__exact": "whole"}),
        "admin_list_of_a_failure": (songs, {"state__exact": "failed", "error_kind": "silent"}),
        "admin_list_of_what_visitors_contradict": (
            songs, {"review": "open", "corrections": "other"},
        ),
        "admin_list_of_what_staff_corrected": (songs, {"review": "corrected"}),
        "admin_list_by_confidence": (songs, {"o": "3"}),
        "admin_search_for_a_common_word": (songs, {"q": "song"}),
        "admin_search_for_a_rare_word": (songs, {"q": title}),
    }  # fmt: skip
    return {name: _seconds(client, *page) for name, page in pages.items()}


def _seconds(client, path: str, query: dict) -> float:
    times = []
    for _ in range(1 + ROUNDS):
        started = time.perf_counter()
        response = client.get(path, query)
        times.append(time.perf_counter() - started)
        if response.status_code != 200:
            raise RuntimeError(f"{path} {query} answers {response.status_code}")
    return statistics.median(times[1:])  # the first has templates to read


if __name__ == "__main__":
    _main(int(sys.argv[1]))
