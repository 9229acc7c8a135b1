"""Recipes: one small TOML file a model says how it is trained.

architecture = "musicnn"
summary = "one line for the card"
seed = 0
[musicnn]
... the settings of that architecture
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ml.errors import MLError

RECIPES = Path(__file__).parents[1] / "recipes"
ARCHITECTURES = ("musicnn", "mel-cnn")


class RecipeError(MLError):
    """A recipe is missing, or sets what there is not."""


@dataclass(frozen=True)
class Recipe:
    """A recipe as read; `settings` is the table of its architecture, not yet checked."""

    name: str
    architecture: str
    summary: str
    seed: int
    settings: dict


def default_recipe(architecture: str) -> Path:
    return RECIPES / f"{architecture}.toml"


def read_recipe(path: Path) -> Recipe:
    """Raises RecipeError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise RecipeError(f"{path} is missing: there is no such recipe.") from exc
    except ValueError as exc:  # TOMLDecodeError and UnicodeDecodeError
        raise RecipeError(f"{path} is no TOML file: {exc}.") from exc
    architecture = data.get("architecture")
    if architecture not in ARCHITECTURES:
        known = " or ".join(ARCHITECTURES)
        raise RecipeError(f"{path} names no architecture that there is: {known}.")
    known = {"architecture", "summary", "seed", architecture}
    if unknown := sorted(set(data) - known):
        raise RecipeError(f"{path} sets {unknown[0]!r}, which a recipe has not.")
    seed, settings = data.get("seed", 0), data.get(architecture, {})
    if not isinstance(seed, int) or not isinstance(settings, dict):
        raise RecipeError(f"{path}: the seed is a whole number, [{architecture}] a table.")
    return Recipe(path.stem, architecture, str(data.get("summary", "")), seed, settings)
