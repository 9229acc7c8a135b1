"""What pages of the history and of the admin cost with a thousand songs, and with a million.

In a process of its own (`python -m scripts.bench.history N`), with its own SQLite: half of the
entries are one visitor's, the others a thousand visitors'. The songs are those of a year, and each
row is as large as that of half a minute of music: a million need about 7 GB of disk for a while.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from scripts.bench import songs

FEW, MANY = 1_000, 1_000_000
ROUNDS = 5


def measure() -> dict:
    songs.check_room(MANY)
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
    songs.fill(n)
    size = os.stat(settings.DATABASES["default"]["NAME"]).st_size
    print(json.dumps({"pages": _pages(), "bytes": size}))


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
    session["visitor"] = songs.VISITOR
    session.save()
    own = HistoryEntry.objects.filter(visitor=songs.VISITOR, title="")
    oldest = own.order_by("created_at")[50]
    title = oldest.classification.title
    month = {
        "created_at__year": oldest.created_at.year,
        "created_at__month": oldest.created_at.month,
    }
    admin = "/admin/classifier/classification/"
    pages = {
        "first_page": ("/history/", {}),
        "page_near_the_end": ("/history/", {"older": history.cursor(oldest)}),
        "search_for_a_common_word": ("/history/", {"q": "song"}),
        "search_for_a_rare_word": ("/history/", {"q": title}),
        "search_for_a_genre": ("/history/", {"genre": "jazz"}),
        "admin_overview": ("/admin/", {}),
        "admin_list": (admin, {}),
        "admin_list_of_a_month": (admin, month),
        "admin_list_of_a_genre": (admin, {"genre": "jazz"}),
        "admin_list_of_what_nobody_has": (admin, {"genre": "jazz", "extent__exact": "whole"}),
        "admin_list_of_a_failure": (admin, {"state__exact": "failed", "error_kind": "silent"}),
        "admin_list_of_what_visitors_contradict": (
            admin, {"review": "open", "corrections": "other"},
        ),
        "admin_list_of_what_staff_corrected": (admin, {"review": "corrected"}),
        "admin_list_by_confidence": (admin, {"o": "3"}),
        "admin_search_for_a_common_word": (admin, {"q": "song"}),
        "admin_search_for_a_rare_word": (admin, {"q": title}),
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
