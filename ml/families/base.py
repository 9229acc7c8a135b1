"""The interface of a model family, and the table of families.

A family is a package with a module `family.py` that has the functions of `Family`. To add one:
write the package and name its module in `FAMILIES`. Nothing else names the families.

A family's module is imported when it is first used, and imports TensorFlow and scikit-learn inside
the functions that need them, because pages use a family's linear head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from ml.audio.front_ends import MelFrontEnd
from ml.errors import BundleError
from ml.heads.linear_head import LinearHead
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError

FAMILIES = {
    "musicnn": "ml.families.musicnn.family",
    "mel-cnn": "ml.families.mel_cnn.family",
    "musicnn-yamnet": "ml.families.musicnn_yamnet.family",
}


F = TypeVar("F", bound=MelFrontEnd)


@dataclass(frozen=True)
class PatchOutputs:
    """The outputs of a network for patches.

    Attributes
    ----------
    tags : np.ndarray [shape=(n_patches, n_tags), dtype=float64], activations in [0, 1]; no columns
        where the family has no tags
    logits : np.ndarray [shape=(n_patches, n_labels), dtype=float64], before calibration
    """

    tags: np.ndarray
    logits: np.ndarray


class FrontEnd(Protocol):
    """What computes a network's patches. Each `ml.audio.front_ends.MelFrontEnd` is one."""

    @property
    def rate_hz(self) -> int:
        """The sampling rate of the samples, Hz."""
        ...

    @property
    def patch_frames(self) -> int:
        """The number of frames in a patch, so that of the hop of patches end to end."""
        ...

    @property
    def patch_s(self) -> float:
        """The duration of a patch, seconds."""
        ...

    def patches(
        self, samples: np.ndarray, *, hop_frames: int, raise_to_db: float | None = None
    ) -> tuple[Any, np.ndarray]:
        """Cut a recording into patches.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
        hop_frames : distance between the beginnings of patches, frames
        raise_to_db : quieter recordings are raised to this RMS level, dB of full scale, for a
            network that hears a quiet copy of a song as another song

        Returns
        -------
        patches : what the family's network runs on: an array, or several where it hears in
            several ways
        starts_s : np.ndarray [shape=(n_patches,), dtype=float64], where each begins, seconds
        """
        ...


class Network(Protocol):
    """A loaded network. Its caller makes sure that one thread at a time uses it."""

    def run(self, patches: Any) -> PatchOutputs:
        """Compute the outputs for patches, as the family's front end makes them."""
        ...

    def features(self, tags: np.ndarray) -> np.ndarray:
        """Compute what the linear head multiplies; without a head the tags as they are.

        Parameters
        ----------
        tags : np.ndarray [shape=(n_patches, n_tags)]

        Returns
        -------
        np.ndarray of the same shape, dtype=float64
        """
        ...

    def ood_score(self, tags: np.ndarray) -> float | None:
        """Score how unlike the training music a recording is.

        Parameters
        ----------
        tags : np.ndarray [shape=(n_patches, n_tags)]

        Returns
        -------
        score, to be compared with the card's threshold; None where the bundle has no detector
        """
        ...

    def is_music(self, tags: np.ndarray) -> bool | None:
        """Tell whether a recording that is refused is music; None where the bundle cannot tell.

        Parameters
        ----------
        tags : np.ndarray [shape=(n_patches, n_tags)]
        """
        ...


@dataclass(frozen=True)
class FeatureCache:
    """The file of features that a family is trained on.

    Attributes
    ----------
    kind : its name in `manage.py extract_features --only`
    file : name of the file, in a folder of caches
    settings : the numbers that the features depend on; when they change, features are recomputed
    extract : computes the arrays of one clip, given its audio file; raises AudioError
    combine : joins the arrays of clips, given their names, to those of the file
    """

    kind: str
    file: str
    settings: Mapping[str, float]
    extract: Callable[[Path], dict[str, np.ndarray]]
    combine: Callable[[Sequence[str], Sequence[Mapping[str, np.ndarray]]], dict[str, Any]]


@dataclass(frozen=True)
class CachedLogits:
    """The logits of cached clips whose genre is known.

    Attributes
    ----------
    names : list of n track names
    y : np.ndarray [shape=(n,), dtype=int64], index into the labels
    logits : np.ndarray [shape=(n, n_labels), dtype=float64], before calibration
    ood_scores : np.ndarray [shape=(n,), dtype=float64]; None where the bundle cannot tell
    n_imputed : tracks that lack the features of one of two networks, which were predicted
    """

    names: list[str]
    y: np.ndarray
    logits: np.ndarray
    ood_scores: np.ndarray | None
    n_imputed: int = 0


@dataclass(frozen=True)
class TrainingRun:
    """The arguments of a training besides its recipe.

    Attributes
    ----------
    features : folder of feature caches
    wanted : names of the tracks to train on
    trained_on : the name of that list, for the card
    model_id : id of the bundle
    bundles : folder in which the bundle is written
    work : folder for checkpoints, from which a stopped run continues
    backbone : folder with pretrained weights, where the family uses such
    sounds : file of synthetic negatives for the out-of-distribution detector; None trains without
    wild : folder of a cache as `ml.data.labelled_cache` reads it, to train on besides GTZAN
    strategy : "one" device, or "mirrored" over all
    report : is called with a line of text a step
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
    """The functions that the module of a family has."""

    def feature_cache(self) -> FeatureCache:
        """Return the feature cache that the family is trained on."""
        ...

    def front_end(self, card: ModelCard) -> FrontEnd:
        """Return the front end that computes the network's patches. Raises BundleError."""
        ...

    def load(self, card: ModelCard, runtime: Runtime) -> Network:
        """Load the network of a bundle whose files are present. Raises BundleError."""
        ...

    def keras_networks(self, card: ModelCard) -> Mapping[str, Any]:
        """Load the keras.Models that the light form is written of, by the names it has for them.

        Each has one input and one output. Raises BundleError.
        """
        ...

    def linear_head(self, card: ModelCard) -> LinearHead | None:
        """Return the linear head, which explains answers exactly; None where there is none."""
        ...

    def predict_cached(
        self, card: ModelCard, network: Network, features: Path, wanted: Sequence[str]
    ) -> CachedLogits:
        """Predict the wanted tracks of a feature cache. Raises DatasetError."""
        ...

    def train(self, recipe: Recipe, run: TrainingRun) -> Path:
        """Train by a recipe and write the bundle; return its folder. Raises MLError."""
        ...

    def cross_validate(self, card: ModelCard, features: Path) -> dict[str, bool]:
        """Tell for each training track whether a model trained without its artist is right.

        The models are trained with the settings of the card's model, in one round of folds, which
        are the same for every model of the family.

        Returns
        -------
        {track name: whether its answer is right}

        Raises
        ------
        RecipeError : the card does not tell its recipe
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


def front_end_of(card: ModelCard, kind: type[F]) -> F:
    """Return the front end of a card, which must be of this kind. Raises BundleError."""
    settings: dict[str, Any] = dict(card.front_end)
    try:
        return kind(**settings)
    except TypeError as exc:
        raise BundleError(f"The front end of model {card.model_id!r} cannot be read.") from exc


def linear_head_of(card: ModelCard) -> LinearHead | None:
    """Return the linear head of a model; None where it has none, or is of an unknown family."""
    return family(card.family).linear_head(card) if card.family in FAMILIES else None
