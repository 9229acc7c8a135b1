import pytest

from ml.families.mel_cnn import MelCnnConfig
from ml.families.musicnn.training import HeadSettings
from ml.registry.recipe import ARCHITECTURES, RecipeError, default_recipe, read_recipe


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_recipes_that_come_along_can_be_trained(architecture):
    recipe = read_recipe(default_recipe(architecture))
    assert recipe.architecture == architecture
    assert recipe.summary
    check = {"musicnn": HeadSettings, "mel-cnn": MelCnnConfig}[architecture]
    check.from_dict(recipe.settings)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("architecture = 'lstm'", "musicnn or mel-cnn"),
        ("architecture = 'musicnn'\ncolour = 1", "'colour'"),
        ("architecture = 'musicnn'\nseed = 'x'", "whole number"),
        ("architecture = ", "no TOML"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=sentence):
        read_recipe(path)


def test_a_missing_recipe_is_one_sentence(tmp_path):
    with pytest.raises(RecipeError, match="missing"):
        read_recipe(tmp_path / "none.toml")
