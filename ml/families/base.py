"""What a model family must offer, and the table of families.

A family is a folder with a module `family.py` that has the names of `Family`. To add one: write
the folder and name it in `FAMILIES`. Nothing else in the product knows which families there are.

Light: a family's module is imported when it is asked for, and imports TensorFlow and scikit-learn
inside the functions that need them, because pages ask a family for its linear head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from ml.audio.front_ends import MelFrontEnd
from ml.errors import BundleError
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError

from .linear_head import LinearHead

FAMILIES = {
    "musicnn": "ml.families.musicnn.family",
    "mel-cnn": "ml.families.mel_cnn.family",
}


@dataclass(frozen=True)
class PatchOutputs:
    """What a network says of patches.

    tags : np.ndarray [shape=(n_patches, n_tags), dtype=float64], activations in [0, 1]; no columns
        where the family has no tags
    logits : np.ndarray [shape=(n_patches, n_labels), dtype=float64], before calibration
    """

    tags: np.ndarray
    logits: np.ndarray


class Network(Protocol):
    """A loaded network. One thread at a time uses it."""

    def run(self, patches: np.ndarray) -> PatchOutputs:
        """Hear patches [shape=(n_patches, patch_frames, n_mels), dtype=float32]."""
        ...

    def features(self, tags: np.ndarray) -> np.ndarray:
        """What the linear head multiplies, of each patch; without a head the tags as they are."""
        ...

    def ood_score(self, tags: np.ndarray) -> float | None:
        """How unlike the training music a recording is, against the card's threshold.

        tags : np.ndarray [shape=(n_patches, n_tags)]; None where the bundle cannot tell
        """
        ...


@dataclass(frozen=True)
class FeatureCache:
    """The file of features that a family learns from.

    kind : what `manage.py extract_features --only` calls it
    file : its name, in a folder of caches
    settings : the numbers that the features depend on; with others they are computed anew
    extract : computes the arrays of one clip, given its audio file. Raises AudioError
    combine : joins the arrays of clips, given their names, to those of the file
    """

    kind: str
    file: str
    settings: Mapping[str, float]
    extract: Callable[[Path], dict[str, np.ndarray]]
    combine: Callable[[Sequence[str], Sequence[Mapping[str, np.ndarray]]], dict[str, Any]]


@dataclass(frozen=True)
class CachedLogits:
    """What a network said of cached clips whose genre is known.

    names : list of n track names
    y : np.ndarray [shape=(n,), dtype=int64], index into the labels
    logits : np.ndarray [shape=(n, n_labels), dtype=float64], before calibration
    ood_scores : np.ndarray [shape=(n,), dtype=float64]; None where the bundle cannot tell
    """

    names: list[str]
    y: np.ndarray
    logits: np.ndarray
    ood_scores: np.ndarray | None


@dataclass(frozen=True)
class TrainingRun:
    """What a training is given besides its recipe.

    features : folder of feature caches
    wanted : names of the tracks to learn from; trained_on : the name of that list, for the card
    bundles : folder in which the bundle `model_id` is written
    work : folder for checkpoints; a run that was stopped goes on there
    backbone : folder with pretrained weights, where the family builds on such
    sounds : file of synthetic negatives for the out-of-distribution detector; None: learn without
    wild : folder of a cache as `ml.data.labelled_cache` reads it, to learn from besides GTZAN
    strategy : "one" device, or "mirrored" over all
    report : is told each step in a line
    """

    features: Path
    wanted: Sequence[str]
    trained_on: str
    model_id: str
    bundles: Path
    seed: int
    work: Path
    backbone: Path
    sounds: Path | None = None
    wild: Path | None = None
    strategy: str = "one"
    report: Callable[[str], object] = print


class Family(Protocol):
    """The names that a family's module has."""

    def feature_cache(self) -> FeatureCache:
        """What the family learns from, and how it is computed of audio."""
        ...

    def front_end(self, card: ModelCard) -> MelFrontEnd:
        """What turns samples into the patches that the network takes. Raises BundleError."""
        ...

    def load(self, card: ModelCard) -> Network:
        """Load the network of a bundle whose files are there. Raises BundleError."""
        ...

    def linear_head(self, card: ModelCard) -> LinearHead | None:
        """The head by which an answer is a sum that can be explained exactly; None where not."""
        ...

    def predict_cached(
        self, card: ModelCard, network: Network, features: Path, wanted: Sequence[str]
    ) -> CachedLogits:
        """Judge the wanted tracks of a feature cache. Raises DatasetError."""
        ...

    def train(self, recipe: Recipe, run: TrainingRun) -> Path:
        """Train by a recipe and write the bundle; return its folder. Raises MLError."""
        ...

    def cross_validate(self, card: ModelCard, features: Path) -> dict[str, bool]:
        """Whether a card's recipe is right on each training track, by models without its artist.

        Trained anew with the settings that the card's model was given; one round of folds, the
        same for every model of the family. Raises RecipeError.
        """
        ...


def family(name: str) -> Family:
    """Return a family by its name in recipes and cards. Raises RecipeError."""
    if name not in FAMILIES:
        known = " or ".join(FAMILIES)
        raise RecipeError(f"There is no model family {name!r}: there is {known}.")
    return cast(Family, import_module(FAMILIES[name]))


def feature_caches() -> dict[str, FeatureCache]:
    """Return the feature caches of all families, by their kind."""
    caches = (family(name).feature_cache() for name in FAMILIES)
    return {cache.kind: cache for cache in caches}


def family_of(card: ModelCard) -> Family:
    """Return the family of a bundle. Raises BundleError."""
    try:
        return family(card.family)
    except RecipeError as exc:
        raise BundleError(f"Model {card.model_id!r} cannot be used. {exc}") from exc


def linear_head_of(card: ModelCard) -> LinearHead | None:
    """Return the linear head of a model; None where it has none, or is of an unknown family."""
    return family(card.family).linear_head(card) if card.family in FAMILIES else None
