"""Sentences about an answer, for every case that a page may show."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from classifier.models import Classification
from classifier.results import timeline, wording
from ml.metrics.confidence import Confidence

NBSP = "\N{NO-BREAK SPACE}"
TEN = dict.fromkeys("abcdefgh", 0.01) | {"rock": 0.02, "hiphop": 0.9}


def row(**values) -> Classification:
    defaults = {
        "source": "youtube", "source_id": "x", "title": "Song", "state": "done", "genre": "hiphop",
        "confidence": 0.9, "probabilities": TEN,
    }  # fmt: skip
    return Classification(**defaults | values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "YouTube"),
        ({"extent": "whole"}, "YouTube, the whole song"),
        ({"source": "library"}, "Library"),
    ],
)
def test_where_it_came_from(values, words):
    assert wording.origin(row(**values)) == words


def test_an_answer_in_a_few_words():
    assert wording.answer(row()) == f"hip-hop, 90.0{NBSP}%"
    assert wording.answer(row(is_outside=True)) == "none of the ten"
    twelve = TEN | {"salsa": 0, "techno": 0}
    assert wording.answer(row(is_outside=True, probabilities=twelve)) == "none of the twelve"
    assert wording.most_probable(row()).startswith(f"hip-hop 90.0{NBSP}%, rock 2.0{NBSP}%, ")


def test_others_are_not_told_the_name_of_a_file():
    assert wording.shared_title(row()) == f"Hip-hop, 90.0{NBSP}%: Song"
    assert wording.shared_title(row(source="upload", title="x.mp3")) == f"Hip-hop, 90.0{NBSP}%"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("quite_sure", "It is <strong>quite sure</strong> of hip-hop."),
        ("leaning", "It <strong>leans towards</strong> hip-hop, with room for doubt."),
        ("torn", "It is <strong>torn between</strong> hip-hop and rock."),
        ("not_sure", "It is <strong>not sure</strong>. Take hip-hop as the first among several."),
    ],
)
def test_how_sure_it_is(key, words):
    assert wording.verdict(Confidence(key, 0.9, 0.95, 100), row()) == words


def test_a_label_is_escaped():
    odd = row(probabilities={"drum & bass": 0.9, "x": 0.1}, genre="drum & bass")
    assert "drum &amp; bass" in wording.verdict(Confidence("torn", 0.9, 0.95, 100), odd)


def test_how_such_answers_fared():
    once = wording.experience(Confidence("torn", 0.5, 0.75, 100))
    assert once == (
        "In cross-validation, on songs by artists it had never heard, 100 got such an answer. "
        f"It was right for 50.0{NBSP}% of them (95 % interval 40.4{NBSP}% to 59.6{NBSP}%), "
        f"and for 75.0{NBSP}% the right genre was among its first two."
    )
    wild = SimpleNamespace(n_places=66)
    assert "In cross-validation, on music from 66 places, each song by models that had heard " in (
        wording.experience(Confidence("torn", 0.5, 0.75, 100), wild)
    )
    often = wording.experience(Confidence("torn", 0.5, 0.75, 100, rounds=5))
    assert often.startswith("In 5 rounds of cross-validation, ")
    assert "about 100 a round got such an answer" in often


def test_where_it_was_least_so():
    moment = SimpleNamespace(start_s=60, end_s=63, genre="rock")
    assert wording.until_and_like(moment, row()) == "1:03, where it sounded more like rock."
    assert wording.until_and_like(moment, row(genre="rock")) == "1:03."


@pytest.mark.parametrize(
    ("values", "workers", "words"),
    [
        ({"state": "done"}, {}, "Done. The answer is being opened."),
        ({"state": "queued"}, {"worker_alive": False}, "Waiting for the worker."),
        ({"state": "queued"}, {"worker_ready": False}, "The model is warming up."),
        ({"state": "queued"}, {"ahead": 1}, "1 song is before yours."),
        ({"state": "queued"}, {"ahead": 2}, "2 songs are before yours."),
        ({"state": "queued"}, {}, "You are next."),
        ({"state": "queued", "attempts": 1}, {}, "Its worker ended before it was done"),
        ({"state": "queued", "attempts": 1}, {"worker_alive": False}, "Waiting for the worker."),
        ({"state": "fetching", "progress": "1 of 3"}, {}, "1 of 3."),
        ({"state": "fetching"}, {}, "Fetching short excerpts from YouTube."),
        ({"state": "fetching", "extent": "whole"}, {}, "Fetching the song from YouTube."),
        ({"state": "fetching", "source": "upload"}, {}, "Reading the recording."),
        (
            {"state": "listening"},
            {},
            "Listening, three seconds at a time, while the rest is on its way.",
        ),
        ({"state": "listening", "source": "library"}, {}, "Listening, three seconds at a time."),
    ],
)
def test_what_is_being_done(values, workers, words):
    given = {"worker_alive": True, "worker_ready": True, "ahead": 0} | workers
    assert wording.progress(row(**values), **given).startswith(words)


def test_what_the_spectrogram_shows():
    moments = [SimpleNamespace(start_s=0, end_s=3), SimpleNamespace(start_s=60, end_s=63)]
    assert timeline.spectrogram_label(moments).endswith(" Marked are 0:00 to 0:03, 1:00 to 1:03.")
    assert timeline.spectrogram_label(None).endswith("the darker, the louder.")


def test_the_strongest_columns():
    assert timeline.strongest([0.1, 0.5, 0.1, 0.3]) == "1 3"
    assert timeline.strongest([0.5, 0.5, 0.1]) == "0 1"
