"""/collection and /songs/ID/similar: what a token may see of the operator's music."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import User

from classifier.collection.scan import path_key
from classifier.collection.search import words_of
from classifier.models import Classification, CollectionTrack, HistoryEntry
from classifier.similar import nearest, vectors
from ml.registry.bundles import SHIPPED

from .conftest import Program, problem


@pytest.fixture(autouse=True)
def _no_memory():
    nearest.forget_all()


@pytest.fixture
def tracks(db):
    def make(title: str, **more) -> CollectionTrack:
        return CollectionTrack.objects.create(
            path_key=path_key(title), path=f"/music/{title}", size=1, changed_ns=1,
            title=title, artist="Ann", words=words_of(title, "Ann"),
            **({"audio": path_key(title)} | more),
        )  # fmt: skip

    return make


@pytest.fixture
def of_staff(ann):
    return Program("read", "classify", owner=ann)


def test_it_is_listed_page_by_page(of_staff, tracks, make_classification):
    for n in range(5):
        row = tracks(f"Song {n}")
    make_classification(source="collection", source_id=row.audio, genre="jazz", title="Song 4")
    tracks("Broken", audio="", error="no audio")
    found, cursor = [], 0
    while cursor is not None:
        page = of_staff.get("/collection", {"limit": 4, "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert [item["title"] for item in found] == [*(f"Song {n}" for n in range(5)), "Broken"]
    assert found[4]["song"]["genre"] == "jazz"
    assert (found[5]["source_id"], found[5]["error"]) == (None, "no audio")
    names = [i["title"] for i in of_staff.get("/collection", {"q": "son ann 3"}).json()["items"]]
    assert names == ["Song 3"]
    names = [i["title"] for i in of_staff.get("/collection", {"genre": "jazz"}).json()["items"]]
    assert names == ["Song 4"]


@pytest.mark.parametrize(
    "query",
    [{"limit": 201}, {"limit": 0}, {"cursor": "x"}, {"cursor": 2**70}, {"genre": "polka"},
     {"q": "a\0b"}, {"q": "x" * 300}],
)  # fmt: skip
def test_what_is_asked_wrong_is_said(of_staff, query):
    problem(of_staff.get("/collection", query), 422, "invalid")


def test_a_file_is_asked_for_by_its_sound(of_staff, tracks):
    row = tracks("One")
    answer = of_staff.post("/songs", {"collection": row.audio})
    assert answer.status_code == 202
    song = Classification.objects.get(source="collection")
    assert (song.source_id, song.title) == (row.audio, "One")
    problem(of_staff.post("/songs", {"collection": row.audio, "library": "x"}), 422, "invalid")
    problem(of_staff.post("/songs?whole=true", {"collection": row.audio}), 422, "invalid")
    gone = of_staff.post("/songs", {"collection": "0" * 64})
    assert gone.status_code in {404, 422, 503}
    assert gone.json()["code"] == "file_gone"


def test_other_tokens_do_not_see_it_unless_everybody_does(program, tracks, settings):
    row = tracks("One")
    problem(program.get("/collection"), 403, "no_collection")
    problem(program.post("/songs", {"collection": row.audio}), 403, "no_collection")
    assert not Classification.objects.exists()
    settings.COLLECTION_PUBLIC = True
    assert len(program.get("/collection").json()["items"]) == 1


@pytest.fixture
def song(make_classification):
    def make(direction: float, **values) -> Classification:
        card = SHIPPED.card()
        features = np.array(card.head.baseline)
        features[:2] += np.cos(direction), np.sin(direction)
        row = make_classification(features=features.tolist(), **values)
        vectors.keep(row, row.features, card)
        return row

    return make


def test_similar_songs_are_those_that_the_token_may_see(program, of_staff, another, song):
    asked = song(0.0, title="asked")
    own = song(0.2, title="own")
    song(0.1, title="another's")
    song(0.3, title="collected", source="collection")
    HistoryEntry.objects.create(visitor=program.visitor, classification=own)

    def titles(who, **query) -> list[str]:
        items = who.get(f"/songs/{asked.public_id}/similar", query).json()["items"]
        return [item["song"]["title"] for item in items]

    assert titles(program) == ["own"]
    assert titles(another) == []
    assert titles(of_staff) == ["collected"]
    found = program.get(f"/songs/{asked.public_id}/similar").json()["items"][0]
    assert found["likeness"] == pytest.approx(np.cos(0.2), abs=1e-5)
    problem(program.get("/songs/nothing/similar"), 404, "not_found")
    problem(program.get(f"/songs/{asked.public_id}/similar", {"n": 51}), 422, "invalid")


def test_a_list_takes_as_many_queries_however_long(
    of_staff, tracks, make_classification, django_assert_num_queries
):
    for n in range(3):
        make_classification(source="collection", source_id=tracks(f"Song {n}").audio)
    of_staff.get("/collection")  # notes the use of the token
    with django_assert_num_queries(3):  # the token, the tracks, their answers
        assert len(of_staff.get("/collection").json()["items"]) == 3


def test_on_a_private_site_accounts_see_it_by_their_tokens_too(settings, tracks, program):
    settings.PRIVATE_SITE = True
    tracks("One")
    ben = Program("read", owner=User.objects.create_user("ben"))
    assert len(ben.get("/collection").json()["items"]) == 1
    problem(program.get("/collection"), 403, "no_collection")  # of nobody's account
