from __future__ import annotations

import pytest

from ml.heads.wild.settings import WildSettings
from ml.registry.recipe import RECIPES, RecipeError, read_recipe


def test_the_recipe_that_is_shipped_is_one():
    recipe = read_recipe(RECIPES / "musicnn-wild.toml")
    settings = WildSettings.from_recipe(recipe.settings)
    assert recipe.family == "musicnn"
    assert settings.ood.refused <= 0.05


def test_what_no_recipe_has_is_refused():
    with pytest.raises(RecipeError, match="no setting 'artist_weight'"):
        WildSettings.from_recipe({"artist_weight": 0.5})
