from __future__ import annotations

import csv
import io
import json

import pytest
from django.urls import reverse

from classifier.models import HistoryEntry
from classifier.results import exports
from classifier.visitors import corrections
from ml.registry.bundles import SHIPPED

FORMULA = '=HYPERLINK("http://evil.example")'


def body(response) -> str:
    assert response.streaming
    return b"".join(response.streaming_content).decode()


def rows(response) -> list[dict]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(body(response))))


def test_the_history_as_csv_and_json_is_ones_own(me, ask):
    ask(title="Mine, “quoted”", artist="Bänd")
    ask("them", title="Theirs")
    (row,) = rows(me.get(reverse("history_csv")))
    assert list(row) == list(exports.HISTORY_COLUMNS)
    assert (row["title"], row["artist"], row["genre"]) == ("Mine, “quoted”", "Bänd", "metal")
    assert row["url"].startswith("http://testserver/song/")
    (item,) = json.loads(body(me.get(reverse("history_json"))))
    assert item["title"] == "Mine, “quoted”"
    assert item["confidence"] == 0.91


def test_an_export_keeps_the_filter(me, ask):
    ask(title="A", genre="rock"), ask(title="B", genre="jazz")
    (row,) = rows(me.get(reverse("history_csv"), {"genre": "jazz"}))
    assert row["title"] == "B"


def test_what_has_no_answer_is_neither_one_of_the_ten_nor_none(me, ask):
    ask(title="Failed", state="failed", genre="")
    ask(title="Queued", state="queued", genre="")
    ask(title="Zouk", is_outside=True)
    ask(title="Metal")
    said = {row["title"]: row["none_of_the_ten"] for row in rows(me.get(reverse("history_csv")))}
    assert said == {"Metal": "False", "Zouk": "True", "Queued": "", "Failed": ""}
    items = json.loads(body(me.get(reverse("history_json"))))
    assert [item["none_of_the_ten"] for item in items] == [False, True, None, None]


def test_ones_own_correction_is_exported_with_ones_history(me, ask):
    entry = ask(title="Said", extent="whole")
    ask(title="Unsaid")
    corrections.correct("me", entry.classification, "hiphop")
    corrections.correct("them", entry.classification, "rock")
    found = {row["title"]: row for row in rows(me.get(reverse("history_csv")))}
    assert (found["Said"]["you_say"], found["Said"]["extent"]) == ("hiphop", "whole")
    assert (found["Unsaid"]["you_say"], found["Unsaid"]["extent"]) == ("", "usual")


def test_who_asked_for_nothing_exports_nothing(client, db):
    assert rows(client.get(reverse("history_csv"))) == []
    assert json.loads(body(client.get(reverse("history_json")))) == []


def test_a_long_history_is_exported_whole(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 2
    for _ in range(7):
        ask()
    assert len(rows(me.get(reverse("history_csv")))) == 7


@pytest.mark.parametrize(
    "title",
    [
        FORMULA, "+1", "-1+2", "@SUM(A1)", "%0A=1", "\r=1", "\n=1",
        "\N{FULLWIDTH EQUALS SIGN}1", "\N{FULLWIDTH PLUS SIGN}1", "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}A1",
    ],
)  # fmt: skip
def test_no_cell_is_run_as_a_formula(me, ask, title):
    entry = ask(title=title, artist="=2")
    (row,) = rows(me.get(reverse("history_csv")))
    assert row["title"] == f"'{title}"
    assert row["artist"] == "'=2"
    url = reverse("classification_csv", args=[entry.classification.public_id])
    values = {row["name"]: row["value"] for row in rows(me.get(url))}
    assert values["title"] == f"'{title}"
    # JSON is not opened by spreadsheets, and stays as it is.
    assert json.loads(body(me.get(reverse("history_json"))))[0]["title"] == title


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("a;=1+1;b.mp3", "a;'=1+1;b.mp3"),
        ("a; -2", "a; '-2"),
        ('a;"=1"', 'a;"\'=1"'),
        ("\t=1", "'\t'=1"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a;\N{FULLWIDTH EQUALS SIGN}1", "a;'\N{FULLWIDTH EQUALS SIGN}1"),
        ("a-b; c=d", "a-b; c=d"),
    ],
)
def test_no_cell_begins_within_a_title_where_lists_are_separated_otherwise(title, written):
    (_, line) = exports.csv_lines(("a",), [(title,)])
    assert next(iter(csv.reader([line])))[0] == written


def test_a_call_of_another_program_is_taken_apart_and_numbers_stay():
    lines = exports.csv_lines(("a", "b"), [("=cmd|' /C calc'!A0", -1.5), ("|x", None)])
    assert list(lines)[1:] == ["'=cmd\\|' /C calc'!A0,-1.5\r\n", "'\\|x,\r\n"]


def test_exact_versions_are_told_to_staff_alone(client, admin_client, make_classification):
    c = make_classification(versions={"keras": "3.1.4159"})
    urls = [
        reverse(name, args=[c.public_id])
        for name in ("classification_json", "classification_csv", "classification")
    ]
    for url in urls:
        for asker, told in ((client, False), (admin_client, True)):
            text = b"".join(asker.get(url)).decode()
            assert ("3.1.4159" in text) is told
            assert c.model_id in text


def test_an_answer_as_json_is_all_that_is_stored(admin_client, make_classification):
    c = make_classification(title="Loud Song", versions={"keras": "3.1"})
    item = admin_client.get(reverse("classification_json", args=[c.public_id])).json()
    assert len(item["probabilities"]) == 10
    assert next(iter(item["probabilities"])) == "metal"
    assert list(item["segments"][0]["probabilities"]) == list(SHIPPED.card().labels)
    assert item["tags"] == {"rock": 0.5, "guitar": 0.2}
    assert item["windows"] == [[0.0, 30.0]]
    assert item["model"] == c.model_id
    assert item["weights_sha256"] == c.bundle_sha256
    assert item["versions"] == {"keras": "3.1"}
    assert item["seconds"] == 1.2
    assert item["url"] == f"http://testserver{c.get_absolute_url()}"


def test_an_answer_as_csv_has_one_value_a_row(admin_client, make_classification):
    c = make_classification(confidence=0.91, versions={"keras": "3.1"})
    found = rows(admin_client.get(reverse("classification_csv", args=[c.public_id])))
    of = {what: [row for row in found if row["what"] == what] for what in
          ("fact", "probability", "segment", "tag", "window", "version")}  # fmt: skip
    counts = [len(part) for part in of.values()]
    assert counts[1:] == [10, 10, 2, 1, 1]
    assert sum(counts) == len(found)
    assert of["segment"][0]["end_s"] == "2.99"
    assert of["probability"][0] == {
        "what": "probability", "name": "metal", "start_s": "", "end_s": "", "value": "0.91",
    }  # fmt: skip


def test_only_its_sender_sees_name_and_hash_of_an_upload(me, client_factory, ask):
    entry = ask(source="upload", source_id="a" * 64, title="", name="secret.mp3")
    url = reverse("classification_json", args=[entry.classification.public_id])
    assert (me.get(url).json()["title"], me.get(url).json()["source_id"]) == (
        "secret.mp3",
        "a" * 64,
    )
    stranger = client_factory().get(url)
    assert "secret.mp3" not in stranger.content.decode()
    assert stranger.json()["source_id"] is None
    csv_url = reverse("classification_csv", args=[entry.classification.public_id])
    assert "secret.mp3" in body(me.get(csv_url))
    text = body(client_factory().get(csv_url))
    assert "secret.mp3" not in text
    assert "a" * 64 not in text


def test_before_there_is_an_answer(client, make_classification):
    c = make_classification(state="queued", genre="metal")
    item = client.get(reverse("classification_json", args=[c.public_id])).json()
    assert item["state"] == "queued"
    assert "probabilities" not in item
    assert client.get(reverse("classification_csv", args=[c.public_id])).status_code == 404
    assert client.get(reverse("classification_json", args=["unknown"])).status_code == 404


def test_an_answer_of_a_retired_model_still_has_its_genres(client, make_classification):
    c = make_classification(model_id="retired-1")
    item = client.get(reverse("classification_json", args=[c.public_id])).json()
    assert list(item["segments"][0]["probabilities"]) == sorted(SHIPPED.card().labels)


def test_an_answer_as_data_starts_no_session(client, make_classification):
    c = make_classification()
    assert not client.get(reverse("classification_json", args=[c.public_id])).cookies
    assert HistoryEntry.objects.count() == 0
