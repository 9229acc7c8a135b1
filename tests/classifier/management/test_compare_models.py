from __future__ import annotations

import json

import pytest

from ml.registry.bundles import Registry
from ml.registry.card import file_sha256
from tests.card_data import card_data


@pytest.fixture
def compare(bundles, run_command, features):
    def run(*arguments: str):
        return run_command(
            "compare_models", *arguments, "--features", str(features), "--bundles", str(bundles)
        )

    return run


def test_equal_models_cannot_be_told_apart(compare):
    result = json.loads(compare("a", "b", "--json").out)
    assert result["n"] == 290
    assert result["only_a"] + result["only_b"] + result["both"] + result["neither"] == 290
    assert "cannot tell" in result["verdict"]
    text = compare("a", "b").out
    assert "McNemar" in text
    assert "cannot tell" in text


def test_a_broken_model_is_found_worse(compare, bundles):
    import keras  # TensorFlow: only where it is used

    card = Registry.at(bundles).card("b")
    model = keras.saving.load_model(card.model_path, compile=False)
    layer = model.get_layer("genre_logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel[:, ::-1], bias])
    model.save(card.model_path)
    data = card_data(card) | {"sha256": file_sha256(card.model_path)}
    (card.folder / "card.json").write_text(json.dumps(data))
    result = json.loads(compare("a", "b", "--json").out)
    assert result["difference"] < -0.5
    assert result["p"] < 0.001
    assert result["verdict"].startswith("a is better than b")


def test_tracks_that_a_model_heard_are_no_ground_for_comparison(compare):
    refused = compare("a", "b", "--part", "train")
    assert refused.code == 2
    assert "--cross-validate" in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def test_recipes_are_compared_on_training_tracks_by_folds(compare):
    result = json.loads(compare("a", "b", "--cross-validate", "--json").out)
    assert result["n"] > 500
    assert result["where"] == "training tracks, cross-validated"
    assert result["accuracy_a"] > 0.9


def test_models_are_paired_on_labelled_recordings(bundles, run_command, wild):
    common = ("compare_models", "a", "b", "--features", str(wild), "--bundles", str(bundles))
    result = json.loads(run_command(*common, "--json").out)
    assert result["n"] == 120
    assert result["accuracy_a"] == result["accuracy_b"] > 0.95
    assert result["where"] == "recordings of many places"
    refused = run_command(*common, "--cross-validate")
    assert refused.code == 2
    assert "takes a cache of GTZAN" in refused.err
