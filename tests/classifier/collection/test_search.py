"""Search, counts and albums, on the database of this run."""

from __future__ import annotations

import pytest

from classifier.collection.answers import album_answer, answers_of
from classifier.collection.search import matching
from classifier.collection.statistics import statistics
from classifier.models import CollectionTrack


@pytest.fixture
def tracks(db):
    def make(title: str, artist: str = "", album: str = "", **more) -> CollectionTrack:
        from classifier.collection.scan import path_key
        from classifier.collection.search import words_of

        return CollectionTrack.objects.create(
            path_key=path_key(title), path=f"/music/{title}", size=1, changed_ns=1,
            audio=path_key(title), title=title, artist=artist, album=album,
            words=words_of(title, artist, album), **more,
        )  # fmt: skip

    return make


def found(query: str) -> list[str]:
    return sorted(matching(CollectionTrack.objects.all(), query).values_list("title", flat=True))


def test_words_begin_words_whatever_their_accents_and_capitals(tracks):
    tracks("Água de Beber", "Antônio Carlos Jobim", "Wave")
    tracks("Waves", "Ann")
    assert found("agua") == ["Água de Beber"]
    assert found("WAVE") == ["Waves", "Água de Beber"]
    assert found("wav jobim") == ["Água de Beber"]
    assert found("beb jobim ann") == []
    assert found("") == ["Waves", "Água de Beber"]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "*",
        "a AND",
        "NOT",
        "(",
        "x' OR 1=1 --",
        "a:b",
        "NEAR(a b)",
        "\x00",
        "&|!",
        "🎵",
        "- -",
        "a" * 200,
    ],
)
def test_nothing_that_is_typed_is_a_command(tracks, query):
    tracks("Song")
    assert found(query) in ([], ["Song"])


def test_a_changed_and_a_deleted_row_are_found_no_more(tracks):
    row = tracks("Before")
    row.title, row.words = "After", "after"
    row.save()
    assert (found("before"), found("after")) == ([], ["After"])
    row.delete()
    assert found("after") == []


def test_counts_are_of_tracks_by_the_model_that_serves(tracks, answer, make_classification):
    tracks("One", meant_genre="jazz")
    tracks("Two", meant_genre="jazz")
    tracks("Three", meant_genre="rock")
    tracks("Four")
    tracks("Broken", error="no audio")
    answer("One", "jazz")
    answer("Two", "blues")
    answer("Three", "rock", is_outside=True)
    make_classification(source="collection", source_id="0" * 64)  # of nothing that is there
    counted = statistics()
    assert (counted.n, counted.n_heard, counted.n_failed) == (5, 3, 1)
    assert [(row.genre, row.n) for row in counted.genres] == [
        ("blues", 1),
        ("jazz", 1),
        ("none", 1),
    ]
    assert (counted.compared, counted.agreed) == (3, 1)
    assert counted.against == [("jazz", "blues", 1), ("rock", "none", 1)]


def test_an_album_is_the_mean_of_its_tracks(tracks, answer):
    rows = [tracks(title, album_key="k") for title in ("One", "Two", "Three", "Four")]
    answer("One", "jazz")
    answer("Two", "jazz")
    answer("Three", "rock", is_outside=True)
    whole = album_answer(rows, answers_of(rows))
    assert (whole.genre, whole.n, whole.n_refused, whole.n_missing) == ("jazz", 4, 1, 1)
    assert whole.confidence == pytest.approx(0.91)
    assert sum(p for _, p in whole.ranked) == pytest.approx(1, abs=0.01)
    answer("Four", "pop", is_outside=True)
    assert album_answer(rows, answers_of(rows)).genre == ""
    assert album_answer(rows, {}).n_missing == 4
