"""Training of the genre head: a linear discriminant on MusiCNN's tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field

from ml.data.feature_cache import Examples
from ml.data.folds import Folds, grouped_folds
from ml.data.gtzan import GENRES
from ml.errors import DatasetError
from ml.heads.discriminant import artist_weights, fit_discriminant
from ml.heads.linear_head import LinearHead, log_odds
from ml.heads.ood_detector import OodDetector
from ml.heads.ood_fitting import Negatives, OodSettings, fit_ood_detector
from ml.heads.trained import Trained
from ml.metrics.calibration import (
    expected_calibration_error,
    fit_calibration,
    fit_confidence_levels,
    reliability,
)
from ml.metrics.scores import macro_f1
from ml.probabilities import to_probabilities
from ml.registry.card import ModelCard
from ml.registry.recipe import RecipeError, RecipeSettings

FOLDS = 10
REPEATS = 5


class HeadSettings(RecipeSettings):
    """Settings of the head in a recipe.

    Attributes
    ----------
    clip_epsilons : candidates ("floors" in a recipe); activations are clipped to
        [epsilon, 1 - epsilon] before the log odds
    shrinkages : candidates for the covariance, see `ml.heads.discriminant`
    artist_weight : each track weighs (tracks of its artist) ** -artist_weight
    raise_to_db : at serving, quieter windows are raised to this RMS level, dB of full scale; a
        quarter of GTZAN's clips is quieter
    ood : of the out-of-distribution detector ("outside" in a recipe)
    """

    clip_epsilons: tuple[float, ...] = Field((1e-4, 5e-4, 2e-3), alias="floors", min_length=1)
    shrinkages: tuple[float, ...] = Field((0.05, 0.1, 0.2), min_length=1)
    artist_weight: float = 0.5
    raise_to_db: float = -20.0
    ood: OodSettings = Field(default_factory=OodSettings, alias="outside")


def train_head(
    examples: Examples,
    settings: HeadSettings | None = None,
    *,
    negatives: Mapping[str, Sequence[np.ndarray]] | None = None,
    seed: int = 0,
) -> Trained:
    """Choose clip epsilon and shrinkage by artist-grouped cross-validation, fit, and calibrate.

    Parameters
    ----------
    settings : None takes the defaults
    negatives : tags of sounds that are no music, by kind, for the out-of-distribution detector
    seed : of the folds

    Raises
    ------
    DatasetError : a genre has fewer tracks than there are folds
    """
    settings = settings or HeadSettings()
    _check(examples)
    trials = [
        cross_validate(
            examples, settings, clip_epsilon=clip_epsilon, shrinkage=shrinkage, seed=seed
        )
        for clip_epsilon in settings.clip_epsilons
        for shrinkage in settings.shrinkages
    ]
    best = max(trials, key=lambda trial: trial.accuracy)
    y = np.tile(examples.y, REPEATS)
    logits = best.logits.reshape(len(y), -1)
    calibration = fit_calibration(logits, y)
    probabilities = to_probabilities(logits, calibration)
    x = examples.means(lambda tags: log_odds(tags, best.clip_epsilon))
    kernel, bias = _fit(x, examples, settings, best.shrinkage)
    detector, ood_report = _fit_ood_detector(examples, settings.ood, negatives, seed)
    report = {
        "n_tracks": len(examples.y),
        "n_artists": len(set(examples.groups)),
        "floor": best.clip_epsilon,
        "shrinkage": best.shrinkage,
        "artist_weight": settings.artist_weight,
        **calibration.model_dump(),
        "seed": seed,
        "cross_validation": {
            "scheme": f"{FOLDS} artist-grouped folds, {REPEATS} times",
            "repeats": REPEATS,
            "accuracy": round(best.accuracy, 4),
            "accuracy_std_of_repeats": round(float(np.std(best.accuracies)), 4),
            "macro_f1": round(macro_f1(logits, y), 4),
            "ece": round(expected_calibration_error(probabilities, y), 4),
            "reliability": [
                row | {"n": round(row["n"] / REPEATS)} for row in reliability(probabilities, y)
            ],
            "candidates": [
                {
                    "floor": trial.clip_epsilon,
                    "shrinkage": trial.shrinkage,
                    "accuracy": round(trial.accuracy, 4),
                }
                for trial in trials
            ],
        },
    }
    return Trained(
        head=LinearHead(kernel, bias, x.mean(axis=0), best.clip_epsilon),
        calibration=calibration,
        confidence_levels=fit_confidence_levels(probabilities, y, repeats=REPEATS),
        tag_means=examples.means(lambda tags: tags).mean(axis=0),
        raise_to_db=settings.raise_to_db,
        ood_detector=detector,
        ood_report=ood_report,
        report=report,
    )


@dataclass(frozen=True)
class Trial:
    """The cross-validation of one candidate.

    Attributes
    ----------
    logits : np.ndarray [shape=(REPEATS, n, n_genres)], out of fold
    accuracies : of each repeat, in [0, 1]
    """

    clip_epsilon: float
    shrinkage: float
    logits: np.ndarray
    accuracies: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """The mean accuracy, in [0, 1]."""
        return float(np.mean(self.accuracies))


def cross_validate(
    examples: Examples,
    settings: HeadSettings,
    *,
    clip_epsilon: float,
    shrinkage: float,
    seed: int = 0,
    companions: Examples | None = None,
) -> Trial:
    """Predict each track by heads trained without its artist, REPEATS times.

    Parameters
    ----------
    companions : tracks that are added to the training side of every fold, without those of artists
        held out; they are not predicted
    """
    x = examples.means(lambda tags: log_odds(tags, clip_epsilon))
    others = None
    if companions is not None:
        others = companions.means(lambda tags: log_odds(tags, clip_epsilon))
    rounds = []
    for repeat in range(REPEATS):
        logits = np.zeros((len(x), len(GENRES)))
        for learn, held in _folds(examples, seed + repeat):
            side = examples.take(learn)
            features = x[learn]
            if companions is not None and others is not None:
                artists = [examples.groups[i] for i in held]
                strangers = np.flatnonzero(~np.isin(companions.groups, artists))
                side = side.join(companions.take(strangers))
                features = np.concatenate([features, others[strangers]])
            kernel, bias = _fit(features, side, settings, shrinkage)
            logits[held] = x[held] @ kernel + bias
        rounds.append(logits)
    accuracies = tuple(float((logits.argmax(axis=1) == examples.y).mean()) for logits in rounds)
    return Trial(clip_epsilon, shrinkage, np.stack(rounds), accuracies)


def held_out_heads(
    examples: Examples,
    settings: HeadSettings,
    *,
    clip_epsilon: float,
    shrinkage: float,
    seed: int = 0,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Train for each track a head without its artist; {name: (kernel, bias)}."""
    x = examples.means(lambda tags: log_odds(tags, clip_epsilon))
    heads: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for learn, held in _folds(examples, seed):
        fitted = _fit(x[learn], examples.take(learn), settings, shrinkage)
        heads |= {examples.names[i]: fitted for i in held}
    return heads


def settled(card: ModelCard) -> tuple[float, float, float]:
    """Return the clip epsilon, shrinkage and artist weight of a card. Raises RecipeError."""
    report = card.training.model_dump() if card.training else {}
    try:
        return float(report["floor"]), float(report["shrinkage"]), float(report["artist_weight"])
    except (KeyError, TypeError) as exc:
        raise RecipeError(f"The card of {card.model_id} does not say how it was trained.") from exc


def _folds(examples: Examples, seed: int) -> Folds:
    return grouped_folds(examples.y, examples.groups, n_folds=FOLDS, seed=seed)


def _check(examples: Examples) -> None:
    for genre, count in zip(GENRES, np.bincount(examples.y, minlength=len(GENRES)), strict=True):
        if count < FOLDS:
            raise DatasetError(
                f"{genre} has {count} tracks in this cache: training needs {FOLDS} of each genre."
            )


def _fit(
    x: np.ndarray, examples: Examples, settings: HeadSettings, shrinkage: float
) -> tuple[np.ndarray, np.ndarray]:
    weights = artist_weights(examples.groups, settings.artist_weight)
    return fit_discriminant(x, examples.y, weights, shrinkage=shrinkage).linear()


def _fit_ood_detector(
    examples: Examples,
    settings: OodSettings,
    negatives: Mapping[str, Sequence[np.ndarray]] | None,
    seed: int,
) -> tuple[OodDetector, dict[str, Any]]:
    sounds = None
    if negatives:
        clips = [(kind, tags) for kind, all_tags in negatives.items() for tags in all_tags]
        sounds = Negatives(
            np.stack(
                [
                    log_odds(np.asarray(tags, np.float64), settings.clip_epsilon).mean(axis=0)
                    for _, tags in clips
                ]
            ),
            np.array([kind for kind, _ in clips]),
        )
    return fit_ood_detector(
        examples.means(lambda tags: log_odds(tags, settings.clip_epsilon)),
        examples.y,
        examples.groups,
        sounds,
        settings,
        _folds(examples, seed),
    )
