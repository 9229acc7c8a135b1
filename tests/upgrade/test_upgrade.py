"""An upgrade from 0.1.0 keeps every row, link, signed choice, saved network, job and setting.

The database was made by the code of 0.1.0 (make_fixture.py) and is migrated by the present one.
Rows are compared by SQL and pages by their addresses, not by classes that may be renamed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import get_commands, load_command_class

from ml.registry.bundles import SHIPPED_FOLDER
from scripts.testbed.site import Site, wait_for
from tests.upgrade import postgres, survey
from tests.upgrade.conftest import ROOT, keep_uploads, manage
from tests.upgrade.make_fixture import listed

# Tables that a migration has given another name: {name in 0.1.0: name now}.
RENAMED_TABLES: dict[str, str] = {}
OLD_QUEUE = "django_q"
JPEG = b"\xff\xd8\xff\xe0 as it was kept"


def classification_of(site, public_id: str, *columns: str) -> tuple:
    (row,) = site.sql(
        f"SELECT {', '.join(columns)} FROM classifier_classification WHERE public_id = %s",
        public_id,
    )
    return row


# Rows


def test_the_dump_is_what_was_expected_of_it(dump, expected, tmp_path):
    survey.restore(dump, tmp_path / "db.sqlite3")
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        assert survey.tables(database) == expected["tables"]
    database.close()


def test_every_row_and_every_value_survives(upgraded, expected):
    with sqlite3.connect(upgraded / "db.sqlite3") as database:
        lost = []
        for name, before in expected["tables"].items():
            now = survey.table(database, RENAMED_TABLES.get(name, name))
            if now["count"] != before["count"]:
                lost.append(f"{name}: {before['count']} rows were there, {now['count']} are")
            lost += [
                f"{name}.{column}"
                for column, digest in before["columns"].items()
                if now["columns"].get(column) != digest
            ]
    database.close()
    assert not lost, "\n".join(lost)


def test_the_database_is_whole(rows):
    assert rows("PRAGMA foreign_key_check") == []
    assert rows("PRAGMA integrity_check") == [("ok",)]


def test_the_schema_is_that_of_a_new_installation(upgraded, tmp_path):
    manage("migrate", "--verbosity", "0", DATA_DIR=str(tmp_path), SECRET_KEY="any")
    upgraded_schema, new_schema = (_schema(folder) for folder in (upgraded, tmp_path))
    for schema in (upgraded_schema, new_schema):
        schema["indexes"] = {index for index in schema["indexes"] if OLD_QUEUE not in str(index)}
    # Nothing makes the tables of the queue that 0.1.0 had any more; they are left in peace.
    kept = {name: columns for name, columns in upgraded_schema.items() if OLD_QUEUE not in name}
    assert kept == new_schema


def _schema(folder: Path) -> dict[str, set]:
    """Tables with their columns, and indexes with what they index."""
    with sqlite3.connect(folder / "db.sqlite3") as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = {
            name: {column[1:] for column in database.execute(f'PRAGMA table_info("{name}")')}
            for name in tables
        }
        indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        # Django 6.1 writes a condition on a boolean as "column" = 1, earlier ones as "column".
        found["indexes"] = {(name, (sql or "").replace('" = 1', '"')) for name, sql in indexes}
    database.close()
    return found


def test_migrations_of_0_1_0_are_still_named_as_they_were(rows, expected):
    applied = {tuple(row) for row in rows("SELECT app, name FROM django_migrations")}
    assert {tuple(row) for row in expected["migrations"]} <= applied


def test_the_log_of_staff_still_speaks_of_classifications(rows):
    named = rows(
        "SELECT DISTINCT app_label, model FROM django_admin_log"
        " JOIN django_content_type ON content_type_id = django_content_type.id"
    )
    assert named == [("classifier", "classification")]


def test_groups_keep_their_permissions(rows):
    named = rows(
        "SELECT codename FROM auth_group_permissions"
        " JOIN auth_permission ON permission_id = auth_permission.id ORDER BY codename"
    )
    assert [name for (name,) in named] == [
        "change_classification",
        "view_classification",
        "view_worker",
    ]


def test_every_row_and_every_value_survives_in_postgresql(migrated_postgres):
    tables = {
        RENAMED_TABLES.get(name, name): columns
        for name, columns in migrated_postgres.tables.items()
        if name not in survey.DJANGOS_OWN
    }
    after = postgres.rows_of(migrated_postgres.url, tables)
    for name, rows in migrated_postgres.before.items():
        if name not in survey.DJANGOS_OWN:
            assert after[RENAMED_TABLES.get(name, name)] == rows, name
    assert len(after["classifier_classification"]) == 47


# Links


def test_every_page_answers_as_it_did(site, expected):
    wrong = []
    for page in expected["pages"]:
        response = site.browser(page["who"]).get(page["path"])
        wrong += [
            f"{page['path']} of {page['who'] or 'all'}: {why}" for why in _differs(page, response)
        ]
    assert not wrong, "\n".join(wrong)


TO_STAFF_ALONE = {"versions", "version"}  # since 0.3; their names in JSON and CSV are still there


def _differs(page: dict, response) -> list[str]:
    """What is no longer as 0.1.0 answered; more may have been added."""
    if response.status_code != page["status"]:
        return [f"{response.status_code}, and was {page['status']}"]
    wrong = []
    if response.get("X-Finished") != page.get("finished"):
        wrong.append("X-Finished")
    if "json" in page:
        wrong += _missing(_public(page["json"]), survey.summary(response.json()))
    if "csv" in page:
        now = survey.csv_summary(response.getvalue().decode())
        wrong += _missing(page["csv"]["facts"], now["facts"])
        wrong += _missing(_public(page["csv"]["digests"]), now["digests"])
    if "sha256" in page and survey.digest(response.getvalue()) != page["sha256"]:
        wrong.append("another picture")
    if page["path"].endswith("share.png") and page["status"] == 200:
        wrong += [] if response.getvalue().startswith(b"\x89PNG") else ["no PNG"]
    return wrong


def _public(told: dict) -> dict:
    return {name: value for name, value in told.items() if name not in TO_STAFF_ALONE}


def _missing(before: dict, now: dict) -> list[str]:
    return [
        f"{key}: {now.get(key)!r}, and was {value!r}"
        for key, value in before.items()
        if key not in now or now[key] != value
    ]


def test_every_answer_shows_its_title_and_genre_and_every_failure_its_words(site, expected):
    wrong = []
    for row in expected["rows"]:
        path = f"/song/{row['public_id']}/"
        for name, words in {"": row["words"], **{n: [t] for n, t in row["names"].items()}}.items():
            page = site.browser(name).get(path).content
            wrong += [f"{path} of {name or 'all'}: {w}" for w in survey.missing(page, words)]
    assert not wrong, "\n".join(wrong)


def test_names_of_files_are_shown_to_their_senders_alone(site, expected):
    for row in expected["rows"]:
        if row["source"] == "upload":
            page = site.browser().get(f"/song/{row['public_id']}/").content
            names = [name for name in row["names"].values() if name != row["words"][0]]
            assert survey.missing(page, names) == names


def test_comparisons_open(site, expected):
    for page in expected["compared"]:
        for name in ("", "anna"):
            assert site.browser(name).get(page["path"]).status_code == page["status"], page["path"]


def test_retired_models_are_explained_no_more_but_shown(site, expected):
    retired = [r for r in expected["rows"] if r["words"][0] == "An older answer"]
    assert len(retired) == 2
    for row in retired:
        item = site.browser().get(f"/song/{row['public_id']}.json").json()
        assert item["model"] == "musicnn-gtzan-1"
        assert item["genre"] in item["segments"][0]["probabilities"]


# Visitors


@pytest.mark.parametrize("name", ["anna", "benno", "cleopa"])
def test_a_visitor_finds_their_history_again(site, expected, name):
    before = expected["history"][name]
    browser = site.browser(name)
    assert _of_history(json.loads(browser.get("/history/export.json").getvalue())) == _of_history(
        before["json"]
    )
    header, *lines = browser.get("/history/export.csv").getvalue().decode().splitlines()
    assert header.startswith(before["csv"][0])
    width = len(before["csv"][0].split(","))
    assert [_cells(line, width) for line in lines] == [
        _cells(line, width) for line in before["csv"][1:]
    ]
    songs = set()
    for path in before["pages"]:
        page = browser.get(path)
        assert page.status_code == 200
        songs |= set(re.findall(r'href="/song/([\w-]+)/"', page.content.decode()))
    assert songs >= set(before["songs"])


def _of_history(items: list[dict]) -> list[dict]:
    known = (
        "asked_at", "title", "artist", "source", "state", "genre", "confidence",
        "none_of_the_ten", "model", "extent", "you_say", "url",
    )  # fmt: skip
    return [{key: item[key] for key in known} for item in items]


def _cells(line: str, width: int) -> list[str]:
    return next(csv.reader([line]))[:width]


def test_a_visitors_corrections_are_shown_to_them(site, expected):
    said = [(r["public_id"], *c) for r in expected["rows"] for c in r["corrections"].items()]
    assert len(said) == 11
    for public_id, name, genre in said:
        page = site.browser(name).get(f"/song/{public_id}/").content.decode()
        (chosen,) = re.findall(r'<option value="(\w+)" selected>', page)
        assert chosen == genre
        assert "Take it back" in page


def test_a_visitor_can_go_on(site, expected):
    # From the library, because YouTube is switched off in tests.
    failed = next(
        row["public_id"]
        for row in expected["rows"]
        if row["retryable"] and row["source"] == "library" and "benno" in row["names"]
    )
    response = site.browser("benno").post(f"/song/{failed}/retry/")
    assert response["Location"] == f"/song/{failed}/"
    assert classification_of(site, failed, "state", "error") == ("queued", "")
    anna = site.browser("anna")
    done = next(r for r in expected["rows"] if r["corrections"].get("anna"))["public_id"]
    anna.post(f"/song/{done}/correct/", {"genre": "pop"})
    visitor = expected["visitors"]["anna"]["visitor"]
    said = (
        "SELECT genre FROM classifier_correction WHERE visitor = %s AND classification_id ="
        " (SELECT id FROM classifier_classification WHERE public_id = %s)"
    )
    assert site.sql(said, visitor, done) == [("pop",)]
    anna.post(f"/song/{done}/uncorrect/")
    assert site.sql(said, visitor, done) == []
    anna.post("/history/forget/")
    entries = "SELECT visitor, COUNT(*) FROM classifier_historyentry GROUP BY visitor"
    left = dict(site.sql(entries))
    assert visitor not in left
    assert left[expected["visitors"]["benno"]["visitor"]] == len(
        expected["history"]["benno"]["json"]
    )


def test_choices_on_open_pages_are_accepted(site, expected, settings):
    settings.MODEL_ID = "musicnn-gtzan-2"  # which served then, so that its answers are there
    for choice in expected["choices"]:
        response = site.browser("benno").post("/classify/", {"choice": choice["choice"]})
        assert response.status_code == 302
        public_id = response["Location"].split("/")[2]
        row = classification_of(site, public_id, "source", "source_id", "title")
        assert row == (choice["source"], choice["source_id"], choice["title"])
        visitor = expected["visitors"]["benno"]["visitor"]
        started = site.sql(
            "SELECT start_s FROM classifier_historyentry JOIN classifier_classification AS c"
            " ON classification_id = c.id WHERE visitor = %s AND public_id = %s",
            visitor,
            public_id,
        )
        assert started == [(choice["start_s"],)]
    # Of the last there was an answer already.
    assert public_id in {row["public_id"] for row in expected["rows"] if row["state"] == "done"}


def test_small_pictures_keep_their_addresses_and_their_files(site, expected, settings):
    settings.YOUTUBE_ENABLED = True
    for picture in expected["thumbnails"].values():
        path = settings.DATA_DIR / picture["file"]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(JPEG)
        response = site.browser().get(picture["url"])
        assert (response.status_code, response.content) == (200, JPEG)
        assert site.browser().get(picture["url"][:-1] + "!").status_code == 404


def test_youtube_is_still_left_alone(site, settings):
    settings.YOUTUBE_ENABLED = True
    (until,) = site.sql("SELECT until FROM classifier_pause")[0]
    assert (
        site.browser().get("/health/").json()["youtube"]["paused_until"][:16].replace("T", " ")
        == str(until)[:16]
    )


# Staff


def test_lists_of_staff_hold_the_same_rows(site, expected):
    admin = site.browser("admin")
    wrong = {}
    for page in expected["admin"]["lists"]:
        response = admin.get(page["path"])
        found = response.status_code, listed(response.content.decode())
        if found != (200, page["pks"]):
            wrong[page["path"]] = found
    assert wrong == {}


@pytest.mark.parametrize("name", ["admin", "reviewer"])
def test_the_change_page_of_every_row_opens(site, expected, name):
    browser = site.browser(name)
    wrong = {}
    for row in expected["rows"]:
        path = f"/admin/classifier/classification/{row['pk']}/change/"
        response = browser.get(path)
        if response.status_code != 200:
            wrong[path] = response.status_code
    assert wrong == {}


@pytest.mark.parametrize(("name", "pages"), [("admin", "pages"), ("reviewer", "reviewer")])
def test_the_other_pages_of_staff_open_to_whom_they_did(site, expected, name, pages):
    browser = site.browser(name)
    before = {page["path"]: page["status"] for page in expected["admin"][pages]}
    # The queue left the admin: whoever may write its rows runs any function in the worker.
    expected_now = {
        path: 404 if path.startswith("/admin/django_q/") else status
        for path, status in before.items()
    }
    assert {path: browser.get(path).status_code for path in before} == expected_now


def test_the_dashboard_counts_what_was_there(site):
    page = survey.text_of(site.browser("admin").get("/admin/").content)
    assert "none of the ten" in page
    assert "YouTube: takes this server for a robot" in page


def test_passwords_of_staff_are_accepted(site, expected, settings):
    settings.PASSWORD_HASHERS = [
        f"{PBKDF2PasswordHasher.__module__}.{PBKDF2PasswordHasher.__name__}"
    ]
    assert site.browser().login(username="reviewer", password=expected["password"])


def test_a_review_can_be_cleared(site, expected):
    reviewed = site.sql("SELECT id FROM classifier_classification WHERE reviewed_genre <> ''")
    assert len(reviewed) == 7
    site.browser("reviewer").post(
        "/admin/classifier/classification/",
        {"action": "clear_review", "_selected_action": [pk for (pk,) in reviewed]},
    )
    assert not site.sql("SELECT id FROM classifier_classification WHERE reviewed_genre <> ''")


# Jobs


def test_jobs_that_waited_run_to_their_end(site, expected, settings, work):
    """Whatever was in the queue of 0.1.0: its unfinished rows are the jobs."""
    settings.YOUTUBE_ENABLED = False
    waited = [job["public_id"] for job in expected["jobs"]]
    due = site.sql(
        "SELECT public_id FROM classifier_classification"
        " WHERE state IN ('queued', 'fetching', 'listening') ORDER BY due_at"
    )
    assert set(waited) <= {public_id for (public_id,) in due}
    assert work() == len(due)
    for job in expected["jobs"]:
        state, kind = classification_of(site, job["public_id"], "state", "error_kind")
        # YouTube is switched off in tests.
        assert (state, kind) == (
            ("failed", "disabled") if job["source"] == "youtube" else ("done", "")
        )
        path = f"/song/{job['public_id']}"
        assert site.browser().get(f"{path}/").status_code == 200
        drawn = 404 if job["source"] == "youtube" else 200
        assert site.browser().get(f"{path}/spectrogram.png").status_code == drawn
    assert [path.name for path in settings.UPLOAD_DIR.iterdir() if path.is_file()] == []


@pytest.mark.worker
def test_a_worker_takes_the_jobs_that_waited(upgraded, expected, tmp_path):
    """The same, by a real worker with the real model."""
    shutil.copy(upgraded / "db.sqlite3", tmp_path)
    keep_uploads(expected, tmp_path / "uploads")
    site = Site(tmp_path, YOUTUBE_ENABLED="0", HISTORY_DAYS="0", FAILURES_DAYS="0").start("worker")
    waited = {job["public_id"]: job["source"] for job in expected["jobs"]}
    marks = ", ".join("?" * len(waited))

    def ended() -> dict:
        with sqlite3.connect(tmp_path / "db.sqlite3", timeout=20) as database:
            states = database.execute(
                "SELECT public_id, state FROM classifier_classification"
                f" WHERE public_id IN ({marks}) AND state IN ('done', 'failed')",
                list(waited),
            ).fetchall()
        database.close()
        return dict(states) if len(states) == len(waited) else {}

    try:
        states = wait_for(ended, 180, "the jobs of 0.1.0")
    finally:
        site.stop()
    assert states == {
        public_id: "failed" if source == "youtube" else "done"
        for public_id, source in waited.items()
    }


# Commands, settings, scripts


def parser_of(name: str):
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    return command.create_parser("manage.py", name)


@pytest.mark.full
def test_every_command_is_there_with_its_options(expected):
    wrong = []
    assert len(expected["commands"]) == 10
    for name, options in expected["commands"].items():
        if name not in get_commands():
            wrong.append(name)
            continue
        now = survey.options(parser_of(name))
        by_string = {string: option for option in now.values() for string in option["strings"]}
        positional = [option for option in now.values() if not option["strings"]]
        for dest, before in options.items():
            strings = before["strings"]
            found = [by_string.get(s) for s in strings] if strings else [positional.pop(0)]
            wrong += [f"{name} {dest}: {why}" for o in found for why in _narrower(before, o)]
        known = {string for option in options.values() for string in option["strings"]}
        wrong += [
            f"{name} needs {dest}, which is new"
            for dest, option in now.items()
            if option["required"] and option["strings"] and not known & set(option["strings"])
        ]
    assert not wrong, "\n".join(wrong)


def _narrower(before: dict, now: dict | None) -> list[str]:
    """In what an option takes less than it did, or does something else where it is left out."""
    if now is None:
        return ["is gone"]
    wrong = []
    if now["nargs"] != before["nargs"]:
        wrong.append(f"takes {now['nargs']}, and took {before['nargs']} arguments")
    if now["required"] and not before["required"]:
        wrong.append("is required")
    if now["choices"] and not set(before["choices"] or ["any"]) <= set(now["choices"]):
        wrong.append(f"has choices {now['choices']}")
    if before["default"] is not None and now["default"] != before["default"]:
        wrong.append(f"is {now['default']!r} by default, and was {before['default']!r}")
    return wrong


def test_what_is_over_can_be_counted(upgraded, expected, tmp_path):
    shutil.copy(upgraded / "db.sqlite3", tmp_path)
    environment = {"DATA_DIR": str(tmp_path), "SECRET_KEY": expected["secret_key"]}
    assert "Nothing was deleted." in manage("forget", "--dry-run", **environment)


def comparable(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings without what is meant to differ.

    The log has a new filter, static files may be modules, the queue is another one, and
    connections to PostgreSQL have deadlines and are tried before use.
    """
    log = re.search(r"'root': \{.*?\}", settings["LOGGING"])[0] if "LOGGING" in settings else ""
    databases = settings.get("DATABASES", "")
    if "postgresql" in databases:
        databases = re.sub(r", 'OPTIONS': \{'connect_timeout': [^}]+\}", "", databases)
        databases = re.sub(r"('CONN_HEALTH_CHECKS': )True", r"\1False", databases)
        settings = {**settings, "DATABASES": databases}
    return {**settings, "LOGGING": log, "STORAGES": "", "Q_CLUSTER": ""}


# Since 0.3 they are asked for by settings of their own: they bind the operator's other hosts.
ASKED_FOR_NOW = {"HTTPS": {"SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"}}


def test_every_setting_is_read_and_means_the_same(expected, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # YOUTUBE_COOKIES_FILE names a file of it
    wrong = []
    for name, before in expected["settings"].items():
        value = before["value"].replace("{folder}", str(tmp_path / "other"))
        now = comparable(survey.changed_settings({name: value}))
        wrong += [
            f"{name}={value}: {setting} is {now.get(setting)}, and was {text}"
            for setting, text in comparable(before["settings"]).items()
            if setting not in ASKED_FOR_NOW.get(name, ())
            and now.get(setting, "").replace(str(tmp_path / "other"), "{folder}") != text
        ]
    assert not wrong, "\n".join(wrong)


def test_settings_that_are_not_set_are_as_they_were(expected):
    now, before = comparable(survey.settings_with({})), comparable(expected["defaults"])
    assert {name: now.get(name) for name in before} == before


def test_the_scripts_read_theirs(expected):
    text = "".join((ROOT / "scripts" / name).read_text() for name in ("serve", "Procfile"))
    assert [n for n in expected["of_scripts"] if not re.search(rf"\$\{{?{n}\b", text)] == []


def test_the_scripts_and_what_a_process_manager_starts_are_there():
    for name in ("serve", "test", "check", "benchmark"):
        assert os.access(ROOT / "scripts" / name, os.X_OK)
    procfile = (ROOT / "scripts" / "Procfile").read_text()
    assert re.search(r"^web: gunicorn genresite\.wsgi ", procfile, flags=re.MULTILINE)
    assert re.search(r"^worker: python manage\.py run_workers", procfile, flags=re.MULTILINE)


def test_a_secret_key_that_was_made_is_kept(tmp_path, monkeypatch):
    """It signs sessions and choices, and lies in DATA_DIR where no SECRET_KEY is set."""
    (tmp_path / "secret_key").write_text("made by 0.1.0")
    monkeypatch.setenv("SECRET_KEY", "")
    now = survey.settings_with({"DATA_DIR": str(tmp_path)})
    assert now["SECRET_KEY"] == "'made by 0.1.0'"


# Models


def test_cards_of_an_operators_own_models_are_shown(site, expected, settings, made_by_operator):
    for folder in ("bundles", "cards"):
        shutil.copytree(made_by_operator / folder, settings.MODELS_DIR, dirs_exist_ok=True)
    shown = survey.text_of(site.browser().get("/models/").content)
    own = [*expected["bundles"]["cards"], expected["bundles"]["own"]]
    assert len(own) == 5
    for model_id in own:
        assert f"/models/{model_id}/" in shown
        assert site.browser().get(f"/models/{model_id}/").status_code == 200


@pytest.mark.full
def test_an_operators_own_model_can_be_promoted(expected, made_by_operator, run_command):
    own, bundles = expected["bundles"]["own"], made_by_operator / "bundles"
    result = run_command("promote_model", own, "--bundles", str(bundles))
    assert result.code == 0, result.err
    assert (bundles / "default.txt").read_text().strip() == own


@pytest.mark.full
@pytest.mark.worker
def test_an_operators_own_model_answers(expected, made_by_operator):
    track = str(ROOT / "classifier" / "library" / "one-needle-shuffle.mp3")
    own, data = expected["bundles"]["own"], made_by_operator / "data"
    shutil.copytree(made_by_operator / "bundles", data / "models")
    now = json.loads(manage("classify", track, "--json", DATA_DIR=str(data), MODEL_ID=own))
    assert (now["model"], now["genre"]) == (own, expected["bundles"]["says"]["genre"])
    assert now["confidence"] == pytest.approx(expected["bundles"]["says"]["confidence"], abs=0.002)


@pytest.mark.full
@pytest.mark.worker
def test_features_that_were_extracted_are_not_computed_again(
    expected, made_by_operator, run_command
):
    gtzan, cache = made_by_operator / "gtzan", made_by_operator / "cache"
    gtzan.mkdir()
    for name in expected["bundles"]["cached"]:
        (gtzan / f"{name}.wav").write_bytes(survey.beep(name))
    result = run_command(
        "extract_features", "--dataset", str(gtzan), "--out", str(cache), "--only", "mel",
        "--jobs", "1",
    )  # fmt: skip
    assert "2 tracks (0 computed, 2 were there)" in result.out


@pytest.mark.full
def test_an_operators_recipe_is_read(made_by_operator, run_command):
    """It is read before the features, of which there are none."""
    result = run_command(
        "train_model", "--recipe", str(made_by_operator / "trial.toml"), "--features",
        str(made_by_operator / "nothing"), "--model", "beeps-2", "--out",
        str(made_by_operator / "new"), "--work", str(made_by_operator / "work"),
    )  # fmt: skip
    assert result.code == 2
    assert "logmel.npz" in result.err


def test_saved_networks_are_the_same_files(expected):
    for model_id, before in expected["models"].items():
        for name, sha256 in before["files"].items():
            path = SHIPPED_FOLDER / model_id / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256, path


@pytest.mark.worker
def test_saved_networks_load_and_answer_as_they_did(expected, run_command, capsys):
    """Keras finds their layers by the names under which 0.1.0 registered the classes."""
    track = str(ROOT / "classifier" / "library" / "one-needle-shuffle.mp3")
    for named, told in expected["models"].items():
        result = run_command("classify", track, "--json", "--model", named)
        assert result.code == 0, result.err
        now, before = json.loads(capsys.readouterr().out), told["says"]
        assert now["model"] == named
        assert now["genre"] == before["genre"]
        assert now["none_of_the_ten"] == before["none_of_the_ten"]
        assert now["confidence"] == pytest.approx(before["confidence"], abs=0.002)
        assert [
            (row["genre"], pytest.approx(row["probability"], abs=0.002)) for row in now["top"]
        ] == [(row["genre"], row["probability"]) for row in before["top"]]
