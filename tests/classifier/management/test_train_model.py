from __future__ import annotations

import json

import pytest

from ml.data.gtzan import every_track, training_tracks
from ml.errors import BundleError
from ml.families.base import family_of
from ml.inference.classifier import get_classifier
from ml.registry.bundles import Registry
from ml.registry.promotion import adopt_measurements
from ml.registry.recipe import RecipeError
from scripts.testbed import sound
from tests.card_data import card_data


def test_a_trained_bundle_can_be_used_and_tells_where_it_comes_from(train):
    trained = train("tiny-1")
    assert trained.code == 0, trained.err
    assert "accuracy" in trained.out
    card = Registry.at(trained.bundles).card("tiny-1")
    assert card_data(card)["recipe"] == "trial"
    assert card_data(card)["training"]["n_tracks"] == len(training_tracks())
    assert card_data(card)["data"]["n_tracks"] == len(training_tracks())
    assert card_data(card)["trained_on"] == "training tracks"
    assert card_data(card)["examined"]["cross_validation"]["accuracy"] > 0.9
    assert card_data(card)["outside"]["made_sounds"] == 24
    prediction = get_classifier("tiny-1", Registry.at(trained.bundles)).predict(
        sound.chord(4, rate_hz=16_000)
    )
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.outside_score is not None


def test_one_seed_gives_one_model(train):
    first, second = train("one", "--seed", "3"), train("two", "--seed", "3")
    cards = [card_data(Registry.at(first.bundles).card(model)) for model in ("one", "two")]
    for key in ("head", "calibration", "confidence_words", "training", "tag_means"):
        assert cards[0][key] == cards[1][key]
    assert cards[0]["outside"]["sha256"] == cards[1]["outside"]["sha256"]
    assert second.code == 0


def test_a_model_of_every_track_shows_what_its_sibling_was_measured_at(
    train, run_command, features, bundles
):
    assert train("full", "--all-tracks", "--measured-by", "a").code == 0
    card, sibling = (Registry.at(bundles).card(model) for model in ("full", "a"))
    assert card_data(card)["training"]["n_tracks"] == len(every_track())
    assert card_data(sibling)["training"]["n_tracks"] == len(training_tracks())
    assert card_data(card)["measured_by"] == card_data(card)["examined"]["model"] == "a"
    assert card_data(card)["metrics"] == card_data(sibling)["metrics"]
    common = ("--features", str(features), "--bundles", str(bundles))
    scored = run_command("evaluate_model", "--model", "full", *common, "--save")
    assert scored.code == 2
    assert "no measurement" in scored.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"recipe": "another"}, "another recipe"), ({"metrics": {}}, "run evaluate_model")],
)
def test_only_a_scored_sibling_of_the_same_recipe_can_speak_for_it(bundles, change, sentence):
    path = bundles / "a" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BundleError, match=sentence):
        adopt_measurements("b", "a", Registry.at(bundles))


def test_a_bad_model_id_is_refused_before_anything_is_written(train):
    result = train("../evil")
    assert result.code == 2
    assert not result.bundles.exists()


@pytest.mark.full
def test_what_is_missing_is_one_line_and_exit_code_2(run_command, tmp_path, features):
    common = ("--features", str(features), "--model", "x", "--out", str(tmp_path / "bundles"))
    no_wheel = run_command("train_model", *common, "--backbone", str(tmp_path))
    assert no_wheel.code == 2
    assert "fetch_backbone" in no_wheel.err
    no_recipe = run_command("train_model", *common, "--recipe", str(tmp_path / "none.toml"))
    assert no_recipe.code == 2
    assert len(no_recipe.err.strip().splitlines()) == 1


WILD_RECIPE = """
architecture = "musicnn"
[musicnn.outside]
floors = [1e-3]
shrinkages = [0.1]
"""


@pytest.fixture
def wild_bundle(run_command, features, backbone, wild, tmp_path):
    recipe = tmp_path / "wild.toml"
    recipe.write_text(WILD_RECIPE)
    trained = run_command(
        "train_model", "--recipe", str(recipe), "--features", str(features), "--wild", str(wild),
        "--backbone", str(backbone), "--model", "far", "--out", str(tmp_path / "bundles"),
    )  # fmt: skip
    assert trained.code == 0, trained.err
    return tmp_path / "bundles"


@pytest.mark.full
def test_a_model_of_two_worlds_says_what_each_was_and_is_not_scored_on_what_it_heard(
    wild_bundle, run_command, features, wild
):
    card = Registry.at(wild_bundle).card("far")
    assert card.training_data.n_tracks == len(training_tracks())
    assert card.wild.n_tracks == card.in_the_wild.n == card.training.n_tracks == 120
    assert card.metrics["gtzan_out_of_fold"].n == len(training_tracks())
    prediction = get_classifier("far", Registry.at(wild_bundle)).predict(
        sound.chord(4, rate_hz=16_000)
    )
    assert prediction.outside_score is not None
    common = ("--model", "far", "--bundles", str(wild_bundle))
    scored = run_command("evaluate_model", "--wild", str(wild), *common)
    assert scored.code == 2
    assert "learned from 156 of these 168 tracks" in scored.err
    assert "wild_out_of_fold" in scored.err
    # Its training cannot be done again from GTZAN's tracks alone.
    with pytest.raises(RecipeError, match="more than GTZAN"):
        family_of(card).cross_validate(card, features)


def test_a_mel_cnn_has_no_use_for_a_cache_of_tags(run_command, features, wild, tmp_path):
    refused = run_command(
        "train_model", "--architecture", "mel-cnn", "--features", str(features), "--wild",
        str(wild), "--model", "far", "--out", str(tmp_path),
    )  # fmt: skip
    assert refused.code == 2
    assert "of no use to it" in refused.err
