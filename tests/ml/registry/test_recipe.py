import pytest

from ml.families.base import family
from ml.families.mel_cnn.config import MelCnnConfig
from ml.families.musicnn.training import HeadSettings
from ml.registry.recipe import RecipeError, default_recipe, read_recipe

pytestmark = pytest.mark.full


@pytest.mark.parametrize(
    ("name", "settings"), [("musicnn", HeadSettings), ("mel-cnn", MelCnnConfig)]
)
def test_the_recipes_that_come_along_can_be_trained(name, settings):
    recipe = read_recipe(default_recipe(name))
    assert recipe.family == name
    assert recipe.summary
    settings.from_recipe(recipe.settings)


def test_a_recipe_of_an_unknown_family_is_one_sentence(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text("architecture = 'lstm'")
    with pytest.raises(RecipeError, match="musicnn or mel-cnn"):
        family(read_recipe(path).family)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed = 1", "names no architecture"),
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
