import json

import pytest

from ml.families import base
from ml.registry.recipe import RecipeError
from scripts.testbed import sound


@pytest.fixture
def toy(monkeypatch):
    """Add a family: one line in the table."""
    monkeypatch.setitem(base.FAMILIES, "toy", "tests.ml.families.toy_family")


@pytest.mark.parametrize("name", base.FAMILIES)
def test_every_family_has_the_names_of_the_protocol(name):
    family = base.family(name)
    missing = [n for n in vars(base.Family) if n[0] != "_" and not callable(getattr(family, n, 0))]
    assert missing == []


def test_a_family_is_one_folder_and_one_line(toy, tmp_path, run_command, settings, capsys):
    """Trained and heard by the commands; nothing else had to learn of it."""
    settings.MODELS_DIR = tmp_path / "models"
    recipe = tmp_path / "toy.toml"
    recipe.write_text('architecture = "toy"\n[toy]\nthreshold = 0.01\n')
    common = ("--features", str(tmp_path), "--model", "toy-1")
    trained = run_command("train_model", "--recipe", str(recipe), *common)
    assert trained.code == 0, trained.err

    path = sound.write(tmp_path / "loud.wav", sound.chord(7.0, level=0.9))
    heard = run_command("classify", str(path), "--json", "--model", "toy-1")
    assert heard.code == 0, heard.err
    assert json.loads(capsys.readouterr().out)["genre"] == "loud"


def test_its_features_can_be_extracted_by_their_kind(toy):
    assert {"tags", "mel", "yamnet", "level"} == set(base.feature_caches())


@pytest.mark.full
def test_it_is_compared_and_cross_validated_by_its_own_rules(toy, tmp_path, run_command):
    bundles = tmp_path / "bundles"
    recipe = tmp_path / "toy.toml"
    recipe.write_text('architecture = "toy"')
    for model in ("one", "two"):
        run_command(
            "train_model", "--recipe", str(recipe), "--features", str(tmp_path),
            "--model", model, "--out", str(bundles),
        )  # fmt: skip
    compared = run_command(
        "compare_models", "one", "two", "--features", str(tmp_path), "--bundles", str(bundles),
        "--cross-validate", "--json",
    )  # fmt: skip
    assert compared.code == 0, compared.err
    assert json.loads(compared.out)["both"] == 1


def test_a_wrong_setting_of_it_is_one_sentence(toy, tmp_path, run_command):
    recipe = tmp_path / "toy.toml"
    recipe.write_text('architecture = "toy"\n[toy]\nthreshold = "high"\n')
    failed = run_command(
        "train_model", "--recipe", str(recipe), "--features", str(tmp_path), "--model", "x",
        "--out", str(tmp_path / "bundles"),
    )  # fmt: skip
    assert failed.code == 2
    assert "threshold" in failed.err


def test_what_is_no_family_is_one_sentence():
    with pytest.raises(RecipeError, match="no model family 'lstm': there is musicnn or mel-cnn"):
        base.family("lstm")
