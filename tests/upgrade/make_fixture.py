"""Make the database of the upgrade test, and what is expected of it, by the code of 0.1.0.

    git worktree add ../genresite-0.1.0 26f911c15a99483f51b49d6a5222f1d0b333e166
    (there: make its .venv with requirements.txt)
    ../genresite-0.1.0/.venv/bin/python tests/upgrade/make_fixture.py ../genresite-0.1.0

Every row is made by 0.1.0 itself: its pages are asked as visitors and staff ask them, its jobs are
run with its models. Clock and chance are fixed (see fixed.py), so that a second run makes the same
database, but for the last digits of what TensorFlow computes on another machine.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

COMMIT = "26f911c15a99483f51b49d6a5222f1d0b333e166"  # what 0.1.0 was
SECRET_KEY = "only-for-tests"  # as in tests/settings.py
FOLDER = Path(__file__).resolve().parent

# A value that is not the default, for each environment variable that the README of 0.1.0 lists.
VARIABLES = {
    "ALLOWED_HOSTS": "genre.example.org,example.org",
    "CSRF_TRUSTED_ORIGINS": "https://genre.example.org",
    "HTTPS": "1",
    "SECRET_KEY": "another",
    "DATA_DIR": "{folder}",
    "DATABASE_URL": "postgres://user:password@host/name",
    "REDIS_URL": "redis://host:6379/0",
    "WORKERS": "3",
    "QUEUE_TIMEOUT_S": "200",
    "QUEUE_RETRY_S": "300",
    "MODEL_ID": "mel-cnn-gtzan-1",
    "UPLOAD_MAX_MB": "7",
    "AUDIO_MAX_MINUTES": "8",
    "YOUTUBE_ENABLED": "0",
    "YOUTUBE_PROXY": "socks5://127.0.0.1:1080",
    "YOUTUBE_COOKIES_FILE": "README.md",
    "YOUTUBE_SOURCE_ADDRESS": "192.0.2.1",
    "YOUTUBE_EXTRACTOR_ARGS": '{"youtube": {"player_client": ["tv"]}}',
    "YOUTUBE_EXCERPTS": "4",
    "YOUTUBE_EXCERPT_S": "9",
    "YOUTUBE_PARALLEL": "2",
    "YOUTUBE_MAX_MINUTES": "100",
    "YOUTUBE_MAX_MB": "11",
    "YOUTUBE_WHOLE_MINUTES": "14",
    "YOUTUBE_WHOLE_MAX_MB": "39",
    "YOUTUBE_SEARCH_TIMEOUT_S": "13",
    "YOUTUBE_FETCH_TIMEOUT_S": "44",
    "YOUTUBE_WHOLE_TIMEOUT_S": "74",
    "YOUTUBE_COOLDOWN_MINUTES": "29",
    "SEARCHES_PER_MINUTE": "21",
    "SEARCHES_PER_MINUTE_IN_ALL": "121",
    "JOBS_PER_HOUR": "122",
    "JOBS_PER_HOUR_IN_ALL": "1201",
    "CORRECTIONS_PER_HOUR": "61",
    "HISTORY_DAYS": "366",
    "FAILURES_DAYS": "31",
    "OPERATOR": "Somebody",
    "CONTACT": "somebody@example.org",
    "SOURCE_URL": "https://example.org/source",
    "DEBUG": "1",
    "LOG_LEVEL": "debug",
    "TIME_ZONE": "Europe/Berlin",
}
# Those are read by scripts/serve and scripts/Procfile, and not by the settings.
OF_SCRIPTS = ["HOST", "PORT", "WEB_WORKERS", "WEB_THREADS"]

PAGES = [
    "/", "/search/?q=sun", "/search/", "/how-it-works/", "/how-it-works/?track=hay-bale-hop",
    "/models/", "/models/musicnn-gtzan-2/", "/models/musicnn-gtzan-2-full/",
    "/models/mel-cnn-gtzan-1/", "/models/musicnn-gtzan-1/", "/about/", "/privacy/", "/health/",
    "/classify/", "/upload/", "/compare/", "/history/", "/history/export.csv",
    "/history/export.json", "/song/not-here/",
]  # fmt: skip
# Lists of staff, as bookmarks and links of 0.1.0's own dashboard name them.
LISTS = [
    {}, {"review": "open"}, {"review": "agreed"}, {"review": "corrected"},
    {"corrections": "any"}, {"corrections": "other"}, {"corrections": "no"},
    {"genre": "reggae"}, {"is_outside__exact": 1}, {"genre": "metal", "is_outside__exact": 0},
    *({"state__exact": state} for state in ("queued", "fetching", "listening", "done", "failed")),
    {"error_kind": "-"}, {"error_kind": "bot"}, {"error_kind": "too_short"},
    {"source__exact": "youtube"}, {"source__exact": "library"}, {"source__exact": "upload"},
    {"extent__exact": "whole"}, {"model_id": "mel-cnn-gtzan-1"}, {"model_id": "-"},
    {"q": "sunrise"}, {"q": "Anna's demo"}, {"q": "hiss"}, {"created_at__year": 2026},
    {"o": "3"}, {"o": "-7"}, {"p": 2},
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the database of the upgrade test.")
    parser.add_argument("checkout", type=Path, help="a checkout of 0.1.0")
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: beside this script")
    arguments = parser.parse_args()
    checkout, out = arguments.checkout.resolve(), arguments.out.resolve()
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if commit != COMMIT:
        parser.error(f"{checkout} is at {commit}, and 0.1.0 is {COMMIT}.")
    with tempfile.TemporaryDirectory() as folder:
        make(checkout, out, Path(folder))


def make(checkout: Path, out: Path, folder: Path) -> None:
    os.chdir(checkout)
    sys.path.insert(0, str(checkout))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "genresite.settings",
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": SECRET_KEY,
        "LOG_LEVEL": "CRITICAL",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    import fixed
    import survey

    clock = fixed.install(fixed.START, fixed.SEED)
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    (folder / "data" / "static").mkdir(parents=True)
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    setup_test_environment()
    logging.disable()  # the failures are meant
    call_command("migrate", verbosity=0)
    import make_bundles
    import make_rows

    made = make_rows.make(clock)
    expected = {
        "commit": COMMIT,
        "secret_key": SECRET_KEY,
        "password": make_rows.PASSWORD,
        "moment": clock.moment.isoformat(),
        **people(made),
        **signed(),
        "rows": rows(made["visitors"], survey),
        "pages": pages(made["visitors"], survey),
        "compared": compared(made["visitors"][0]),
        "history": histories(made["visitors"]),
        "admin": admin_pages(made["staff"]),
        "uploads": {
            sha256: base64.b64encode(content).decode()
            for sha256, content in made["uploads"].items()
        },
        "jobs": jobs(),
        "commands": commands(survey),
        "models": models(),
        "settings": environment(survey, folder),
        "bundles": make_bundles.make(folder / "bundles", out / "v0.1.0-bundles.tar.xz"),
        "defaults": defaults(survey),
        "of_scripts": OF_SCRIPTS,
        "migrations": migrations(),
    }
    database = sqlite3.connect(folder / "data" / "db.sqlite3")
    expected["tables"] = survey.tables(database)
    dump = "\n".join(database.iterdump()) + "\n"
    (out / "v0.1.0.sql.gz").write_bytes(gzip.compress(dump.encode(), 9, mtime=0))
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (out / "v0.1.0.json").write_text(text + "\n")


def people(made: dict) -> dict:
    return {
        "visitors": {
            visitor.name: {
                "session": visitor.session_key(),
                "visitor": visitor.client.session["visitor"],
            }
            for visitor in made["visitors"]
        },
        "staff": {member.name: {"session": member.session_key()} for member in made["staff"]},
    }


def signed() -> dict:
    """What pages of 0.1.0 that are still open hold: choices, and addresses of small pictures."""
    from make_rows import video

    from classifier import choices, thumbnails
    from classifier.sources import library

    tracks = [
        library.describe("one-needle-shuffle"),
        video("chosen", "Chosen then", start_s=61),
        library.describe("chaos-god-muldjord"),  # of which there is an answer
    ]
    return {
        "choices": [
            {
                "choice": choices.sign(track),
                "source": track.source,
                "source_id": track.source_id,
                "title": track.title,
                "start_s": track.start_s,
            }
            for track in tracks
        ],
        "thumbnails": {
            video_id: {
                "url": thumbnails.url_for(video_id),
                "file": str(thumbnails._path(video_id).relative_to(os.environ["DATA_DIR"])),
            }
            for video_id in ("sunrise____", "-dash_first", "ABCDEFGHIJK")
        },
    }


def rows(visitors, survey) -> list[dict]:
    """Every classification, and the words that its page shows to a stranger."""
    from classifier.templatetags.listening import genre_name
    from django.test import Client

    from classifier.models import Classification

    found = []
    for row in Classification.objects.order_by("pk"):
        words = [row.display_title]
        if row.is_done and not row.is_outside:
            words.append(genre_name(row.genre))
        if row.is_failed:
            words += [word for word in (row.error, row.next_step) if word]
        shown = Client().get(row.get_absolute_url()).content
        assert not survey.missing(shown, words), (row, words)
        found.append(
            {
                "pk": row.pk,
                "public_id": row.public_id,
                "state": row.state,
                "source": row.source,
                "retryable": row.retryable,
                "words": words,
                "corrections": {
                    visitor.name: correction.genre
                    for visitor in visitors
                    for correction in row.corrections.filter(
                        visitor=visitor.client.session["visitor"]
                    )
                },
                "names": {
                    visitor.name: entry.display_title
                    for visitor in visitors
                    for entry in row.entries.filter(visitor=visitor.client.session["visitor"])
                },
            }
        )
    return found


def pages(visitors, survey) -> list[dict]:
    """What 0.1.0 answers at each address of each row, and at all others; "" is a stranger."""
    from django.test import Client

    from classifier.models import Classification

    clients = {"": Client(), **{visitor.name: visitor.client for visitor in visitors}}
    paths = [(path, "") for path in PAGES]
    for row in Classification.objects.order_by("pk"):
        song = f"/song/{row.public_id}"
        paths += [
            (song + end, "")
            for end in ("/", "/status/", ".json", ".csv", "/spectrogram.png", "/share.png")
        ]
        for visitor in visitors:
            if row.entries.filter(visitor=visitor.client.session["visitor"]).exists():
                paths += [(f"{song}/", visitor.name), (f"{song}.json", visitor.name)]
    return [page(clients[who].get(path), path, who, survey) for path, who in paths]


def page(response, path: str, who: str, survey) -> dict:
    assert response.status_code < 500, path
    found = {"path": path, "who": who, "status": response.status_code}
    content = response.getvalue()
    if "X-Finished" in response:
        found["finished"] = response["X-Finished"]
    if response.status_code != 200:
        return found
    if path.endswith(".json") and path.startswith("/song/"):
        found["json"] = survey.summary(json.loads(content))
    elif path.endswith(".csv") and path.startswith("/song/"):
        found["csv"] = survey.csv_summary(content.decode())
    elif path.endswith("spectrogram.png"):
        found["sha256"] = survey.digest(content)
    return found


def compared(visitor) -> list[dict]:
    from classifier.models import Classification

    def pick(**values) -> str:
        return Classification.objects.filter(**values).order_by("pk").first().public_id

    done = pick(state="done", model_id="musicnn-gtzan-2")
    pairs = [
        (done, pick(model_id="mel-cnn-gtzan-1")),
        (done, pick(is_outside=True)),
        (done, pick(model_id="musicnn-gtzan-1", state="done")),
        (done, pick(state="failed")),
        (done, pick(state="queued")),
        (done, done),
        (done, "not-here"),
    ]
    found = []
    for a, b in pairs:
        path = f"/compare/?{urlencode({'a': a, 'b': b})}"
        found.append({"path": path, "status": visitor.client.get(path).status_code})
    path = f"/compare/?{urlencode({'a': done, 'link': f'http://testserver/song/{done}/'})}"
    found.append({"path": path, "status": visitor.client.get(path).status_code})
    return found


def histories(visitors) -> dict:
    """What each visitor's history holds, page by page and as a download."""
    found = {}
    for visitor in visitors:
        path, titles, shown = "/history/", [], []
        while path:
            text = visitor.client.get(path).content.decode()
            shown.append(path)
            titles += re.findall(r'href="/song/([\w-]+)/"', text)
            older = re.search(r'href="(\?[^"]*older=[^"]+)"', text)
            path = f"/history/{older[1]}".replace("&amp;", "&") if older else ""
        download = visitor.client.get("/history/export.json").getvalue()
        table = visitor.client.get("/history/export.csv").getvalue().decode()
        found[visitor.name] = {
            "pages": shown,
            "songs": sorted(set(titles)),
            "json": json.loads(download),
            "csv": table.splitlines(),
        }
    return found


def admin_pages(staff) -> dict:
    """Which rows each list of staff holds, and every page of a row."""
    from django.contrib.auth.models import Group, User
    from django_q.models import Failure, OrmQ, Success

    from classifier.models import Worker

    admin, reviewer = staff
    lists = []
    for query in LISTS:
        path = "/admin/classifier/classification/"
        path += f"?{urlencode(query)}" if query else ""
        response = admin.client.get(path)
        assert response.status_code == 200, path
        lists.append({"path": path, "pks": listed(response.content.decode())})
    objects = {
        "/admin/classifier/worker/": Worker,
        "/admin/auth/user/": User,
        "/admin/auth/group/": Group,
        "/admin/django_q/ormq/": OrmQ,
        "/admin/django_q/success/": Success,
        "/admin/django_q/failure/": Failure,
    }
    paths = ["/admin/", *objects, "/admin/django_q/schedule/"]
    for path, model in objects.items():
        paths += [f"{path}{pk}/change/" for pk in model.objects.values_list("pk", flat=True)[:2]]
    paths += [f"/admin/classifier/classification/{pk}/history/" for pk in (1, 4)]
    opened = [{"path": path, "status": admin.client.get(path).status_code} for path in paths]
    return {
        "lists": lists,
        "pages": opened,
        "reviewer": [
            {"path": path, "status": reviewer.client.get(path).status_code} for path in paths
        ],
    }


def listed(text: str) -> list[int]:
    """The rows of a page of the list of classifications, in the order shown."""
    found = re.findall(r"/admin/classifier/classification/(\d+)/change/", text)
    return list(dict.fromkeys(map(int, found)))


def jobs() -> list[dict]:
    from django_q.models import OrmQ

    from classifier.models import Classification

    return [
        {
            "func": item.task["func"],
            "public_id": Classification.objects.get(pk=item.task["args"][0]).public_id,
            "source": Classification.objects.get(pk=item.task["args"][0]).source,
        }
        for item in OrmQ.objects.order_by("pk")
    ]


def commands(survey) -> dict:
    from django.core.management import get_commands, load_command_class

    return {
        name: survey.options(load_command_class(app, name).create_parser("manage.py", name))
        for name, app in sorted(get_commands().items())
        if app == "classifier"
    }


def models() -> dict:
    """The saved networks: their digests, and what each says of a track of the library."""
    import hashlib

    from ml.card import BUNDLES, default_model_id, model_ids

    found = {}
    for model_id in model_ids(BUNDLES):
        command = [sys.executable, "manage.py", "classify", "--json", "--model", model_id]
        command.append("classifier/library/one-needle-shuffle.mp3")
        said = json.loads(
            subprocess.run(command, capture_output=True, text=True, check=True).stdout
        )
        found[model_id] = {
            "says": {key: said[key] for key in ("genre", "confidence", "none_of_the_ten", "top")},
            "serves": model_id == default_model_id(),
            "files": {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((BUNDLES / model_id).iterdir())
                if path.suffix != ".json"
            },
        }
    return found


def environment(survey, folder: Path) -> dict:
    """{variable: {value, settings}}: which settings a value changes, and to what."""
    readme = Path("README.md").read_text()
    table = readme[readme.index("| Variable |") :].split("\n\n")[0]
    named = [
        name
        for line in table.splitlines()[2:]
        for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1])
    ]
    assert sorted(named) == sorted([*VARIABLES, *OF_SCRIPTS]), named
    found = {}
    for name, value in VARIABLES.items():
        changed = survey.changed_settings({name: value.replace("{folder}", str(folder / "other"))})
        assert changed, name
        found[name] = {
            "value": value,
            "settings": {
                setting: text.replace(str(folder / "other"), "{folder}")
                for setting, text in changed.items()
            },
        }
    return found


def defaults(survey) -> dict:
    """Of the settings that those variables change, but for folders."""
    changed = {
        setting
        for name, value in VARIABLES.items()
        if name not in ("DATA_DIR", "SECRET_KEY", "DATABASE_URL")
        for setting in survey.changed_settings({name: value})
    }
    before = survey.settings_with({})
    return {name: before[name] for name in sorted(changed) if name in before}


def migrations() -> list[list[str]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [list(row) for row in cursor.fetchall()]


if __name__ == "__main__":
    main()
