"""Recipes: a TOML file a model, with the settings of its training.

architecture = "musicnn"
summary = "one line for the card"
seed = 0
[musicnn]
... the settings of that family
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.errors import MLError

RECIPES = Path(__file__).parents[1] / "recipes"


class RecipeError(MLError):
    """A recipe is missing or faulty."""


class RecipeSettings(BaseModel):
    """Base of the settings in a family's table of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)

    @classmethod
    def from_recipe(cls, table: Mapping[str, Any]) -> Self:
        """Check a family's table of a recipe.

        Raises
        ------
        RecipeError : a setting is unknown or has a wrong value; names the first fault
        """
        try:
            return cls.model_validate(dict(table))
        except ValidationError as exc:
            problem = exc.errors()[0]
            name = ".".join(str(part) for part in problem["loc"] if isinstance(part, str))
            if problem["type"] == "extra_forbidden":
                raise RecipeError(f"There is no setting {name!r} in such a recipe.") from exc
            sentence = problem["msg"].removeprefix("Value error, ")
            where = f"The setting {name!r}: " if name else ""
            raise RecipeError(f"{where}{sentence}.") from exc


@dataclass(frozen=True)
class Recipe:
    """A recipe as read.

    Attributes
    ----------
    name : of its file, without the suffix
    summary : one line for the card
    settings : the table of its family, not yet checked
    """

    name: str
    family: str
    summary: str
    seed: int
    settings: dict[str, Any]


def default_recipe(family: str) -> Path:
    """Return the shipped recipe of a family."""
    return RECIPES / f"{family}.toml"


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    RecipeError : it is missing, is no TOML file, or has unknown keys
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise RecipeError(f"{path} is missing: there is no such recipe.") from exc
    except ValueError as exc:  # TOMLDecodeError and UnicodeDecodeError
        raise RecipeError(f"{path} is no TOML file: {exc}.") from exc
    family = data.get("architecture")
    if not isinstance(family, str):
        raise RecipeError(f"{path} names no architecture.")
    known = {"architecture", "summary", "seed", family}
    if unknown := sorted(set(data) - known):
        raise RecipeError(f"{path} sets {unknown[0]!r}, which a recipe has not.")
    seed, settings = data.get("seed", 0), data.get(family, {})
    if not isinstance(seed, int) or not isinstance(settings, dict):
        raise RecipeError(f"{path}: the seed is a whole number, [{family}] a table.")
    return Recipe(path.stem, family, str(data.get("summary", "")), seed, settings)
