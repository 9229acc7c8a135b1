"""What a phone's recording changes: counted, stored, and still so."""

from __future__ import annotations

import json

import pytest

from ml.evaluation.phone_recording import RESULT, read_phone_recording, summarize
from ml.inference import get_classifier
from ml.registry.bundles import SHIPPED
from scripts.experiments import phone_recording as experiment

pytestmark = pytest.mark.full


def excerpt(plain: str, phone: str, moved: float) -> dict:
    return {"start_s": 0.0, "plain": plain, "phone": phone, "moved": moved}


def test_excerpts_are_counted_over_all_tracks():
    told = summarize(
        "m",
        [
            {"track": "a", "whole": "jazz", "excerpts": [excerpt("jazz", "jazz", 0.1)]},
            {
                "track": "b",
                "whole": "rock",
                "excerpts": [excerpt("rock", "none", 0.6), excerpt("none", "none", 0.2)],
            },
        ],
    )
    assert (told.n_tracks, told.n, told.same, told.refused) == (2, 3, 2, 1)
    assert told.moved == pytest.approx(0.3)
    assert told.most_moved == 0.6


def test_it_was_measured_with_the_model_that_serves_on_every_demo_track():
    told = read_phone_recording()
    assert told.model_id == SHIPPED.default_id()
    tracks = {path.stem for path in experiment.DEMO_TRACKS.glob("*.mp3")}
    assert {row["track"] for row in told.rows} == tracks


def test_a_track_is_still_heard_as_it_was_measured():
    (stored,) = (row for row in read_phone_recording().rows if row["track"] == "mid-band-stroll")
    now = experiment.measure(get_classifier(), experiment.DEMO_TRACKS / "mid-band-stroll.mp3")
    assert now["whole"] == stored["whole"]
    for new, old in zip(now["excerpts"], stored["excerpts"], strict=True):
        assert (new["start_s"], new["plain"], new["phone"]) == (
            old["start_s"], old["plain"], old["phone"],
        )  # fmt: skip
        assert new["moved"] == pytest.approx(old["moved"], abs=0.03)  # encoders differ a little


def test_the_command_says_it_and_leaves_the_stored_numbers_alone(tmp_path, capsys):
    before = RESULT.read_text()
    (tmp_path / "stroll.mp3").symlink_to(experiment.DEMO_TRACKS / "mid-band-stroll.mp3")
    assert experiment.main(["--audio", str(tmp_path), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["track"] for row in printed["tracks"]] == ["stroll"]
    assert "of 3 excerpts of 1 tracks" in experiment.words(printed["model"], printed["tracks"])
    assert RESULT.read_text() == before


def test_an_empty_folder_is_a_sentence(tmp_path, capsys):
    assert experiment.main(["--audio", str(tmp_path)]) == 2
    assert "holds no recording" in capsys.readouterr().err
