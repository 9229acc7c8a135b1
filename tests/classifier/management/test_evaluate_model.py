from __future__ import annotations

import json

import pytest

from ml.data.gtzan import GENRES
from ml.registry.bundles import Registry
from tests.card_data import card_data


@pytest.fixture
def evaluate(bundles, run_command, features):
    def run(*more: str):
        return run_command(
            "evaluate_model", "--features", str(features), "--model", "a",
            "--bundles", str(bundles), "--split", "filtered", *more,
        )  # fmt: skip

    return run


def test_scores_are_saved_in_the_card(evaluate, bundles, features):
    sounds = str(features / "sounds.npz")
    scored = evaluate("--json", "--save", "--outside", sounds)
    assert scored.code == 0, scored.err
    result = json.loads(scored.out)
    assert result["n"] == 290
    assert result["accuracy"] > 0.95
    assert sum(row["n"] for row in result["reliability"]) == 290
    assert sum(row["n"] for row in result["words"]) == 290
    assert result["outside"]["refused_share"] < 0.15
    assert result["outside"]["sets"]["speech"]["auroc"] > 0.95
    assert result["outside"]["sets"]["all"]["n"] == 24
    saved = card_data(Registry.at(bundles).card("a"))["metrics"]["test_filtered"]
    assert saved == {key: result[key] for key in saved}


def test_a_file_without_kinds_is_named_by_the_caller(evaluate, features):
    tags = str(features / "musicnn_tags.npz")
    result = json.loads(evaluate("--json", "--outside", f"known music={tags}").out)
    (kind,) = result["outside"]["sets"]
    assert kind == "known music"
    assert 0.4 < result["outside"]["sets"][kind]["auroc"] < 0.6


def test_the_text_form_has_a_row_a_genre_a_bin_and_a_word(evaluate, features):
    text = evaluate("--speed", "--outside", str(features / "sounds.npz")).out
    assert all(genre in text for genre in GENRES)
    for part in ("0.9 to 1.0", "quite_sure", "none of the ten", "AUROC", "s of sound, warm"):
        assert part in text


@pytest.mark.full
def test_a_missing_cache_is_one_line_and_exit_code_2(run_command, tmp_path):
    for more in ((), ("--outside", str(tmp_path / "none.npz"))):
        missing = run_command("evaluate_model", "--features", str(tmp_path / "nothing"), *more)
        assert missing.code == 2
        assert len(missing.err.strip().splitlines()) == 1


def test_recordings_of_many_places_are_scored_by_genre_word_and_kind(
    run_command, bundles, wild, features
):
    common = ("evaluate_model", "--wild", str(wild), "--model", "a", "--bundles", str(bundles))
    result = json.loads(run_command(*common, "--json", "--save").out)
    saved = Registry.at(bundles).card("a").in_the_wild
    assert saved.macro_recall == result["macro_recall"]
    assert set(saved.ood.sets) == set(result["outside"]["sets"])
    assert result["n"] == 120
    assert result["n_places"] == 12
    assert result["accuracy"] > 0.95
    assert result["macro_recall"] > 0.95
    low, high = result["top3_ci95"]
    assert low < result["top3_accuracy"] <= high <= 1
    assert sum(row["n"] for row in result["words"]) == 120
    assert {"promised", "right_ci95", "share"} <= set(result["words"][0])
    sets = result["outside"]["sets"]
    assert {"other music", "near kin", "no music", "techno", "speech"} == set(sets)
    assert sets["no music"]["n"] == 12
    assert sets["no music"]["auroc"] > 0.9
    text = run_command(*common).out
    assert all(genre in text for genre in GENRES)
    for part in ("from 12 places", "macro recall", "promised", "near kin", "techno"):
        assert part in text


def test_a_cache_that_is_none_is_one_line(run_command, bundles, tmp_path):
    wrong = run_command(
        "evaluate_model", "--wild", str(tmp_path), "--model", "a", "--bundles", str(bundles)
    )
    assert wrong.code == 2
    assert len(wrong.err.strip().splitlines()) == 1


def test_features_may_be_a_cache_of_either_kind(run_command, bundles, wild):
    common = ("evaluate_model", "--model", "a", "--bundles", str(bundles), "--json")
    by_features = json.loads(run_command(*common, "--features", str(wild)).out)
    assert by_features == json.loads(run_command(*common, "--wild", str(wild)).out)
    assert by_features["n"] == 120
