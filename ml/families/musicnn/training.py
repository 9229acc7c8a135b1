"""Training the genre head: a linear discriminant on MusiCNN's tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.errors import DatasetError
from ml.families.linear_head import LinearHead, log_odds
from ml.metrics.calibration import (
    expected_calibration_error,
    fit_calibration,
    fit_words,
    reliability,
)
from ml.metrics.scores import macro_f1
from ml.probabilities import to_probabilities
from ml.registry.recipe import RecipeError

from .discriminant import artist_weights, fit_discriminant
from .ood_detector import OutsideDetector
from .ood_fitting import MadeSounds, OutsideSettings, fit_outside

FOLDS = 10
REPEATS = 5


@dataclass(frozen=True)
class HeadSettings:
    """What a recipe may set.

    floors : candidates; activations are clipped to [floor, 1 - floor] before the log odds
    shrinkages : candidates for the covariance, see ml.families.musicnn.discriminant
    artist_weight : each track weighs (tracks of its artist) ** -artist_weight
    raise_to_db : at serving, quieter windows are raised to this RMS level, dB of full scale; a
        quarter of GTZAN's clips is quieter
    """

    floors: tuple[float, ...] = (1e-4, 5e-4, 2e-3)
    shrinkages: tuple[float, ...] = (0.05, 0.1, 0.2)
    artist_weight: float = 0.5
    raise_to_db: float = -20.0
    outside: OutsideSettings = field(default_factory=OutsideSettings)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> HeadSettings:
        """A recipe's table. Raises RecipeError, naming what is wrong."""
        table = dict(table)
        outside = table.pop("outside", {})
        for where, settings in ((table, cls), (outside, OutsideSettings)):
            known = {f.name for f in fields(settings)} - {"outside"}
            if unknown := sorted(set(where) - known):
                raise RecipeError(f"A musicnn recipe has no setting {unknown[0]!r}.")
            for name, value in where.items():
                numbers = value if isinstance(value, list) else [value]
                if not numbers or not all(isinstance(v, (int, float)) for v in numbers):
                    raise RecipeError(f"The setting {name!r} of a musicnn recipe is no number.")
                if isinstance(value, list) != (name in ("floors", "shrinkages")):
                    raise RecipeError(f"The setting {name!r} has a value of the wrong kind.")
                table |= {name: tuple(value)} if isinstance(value, list) else {}
        return cls(**table, outside=OutsideSettings(**outside))

    def to_dict(self) -> dict:
        values = asdict(self)
        return values | {key: list(values[key]) for key in ("floors", "shrinkages")}


@dataclass(frozen=True)
class Trained:
    """A trained head with everything that is known of it.

    calibration : for `ml.probabilities.to_probabilities`
    words : for `ml.metrics.confidence.confidence_word`
    tag_means : np.ndarray [shape=(50,)], mean activation of each tag over the training tracks
    raise_to_db : the recipe's
    outside, outside_report : see ml.families.musicnn.ood_detector
    report : how the head was chosen, plain values ready for JSON
    """

    head: LinearHead
    calibration: dict
    words: list[dict]
    tag_means: np.ndarray
    raise_to_db: float
    outside: OutsideDetector
    outside_report: dict
    report: dict

    def probabilities(self, tags: Sequence[np.ndarray]) -> np.ndarray:
        """Of tracks, given the tags of their patches. -> [shape=(n, n_genres)]."""
        features = np.stack([self.head.features(patches).mean(axis=0) for patches in tags])
        return to_probabilities(self.head.logits(features), self.calibration)


def train_head(
    examples: Examples,
    settings: HeadSettings | None = None,
    *,
    made: Mapping[str, Sequence[np.ndarray]] | None = None,
    seed: int = 0,
) -> Trained:
    """Choose floor and shrinkage by artist-grouped cross-validation, fit, and calibrate.

    Parameters
    ----------
    made : tags of sounds that are no music, by kind, for `ml.families.musicnn.ood_detector`
    """
    settings = settings or HeadSettings()
    _check(examples)
    trials = [
        cross_validate(examples, settings, floor=floor, shrinkage=shrinkage, seed=seed)
        for floor in settings.floors
        for shrinkage in settings.shrinkages
    ]
    best = max(trials, key=lambda trial: trial.accuracy)
    y = np.tile(examples.y, REPEATS)
    logits = best.logits.reshape(len(y), -1)
    calibration = fit_calibration(logits, y)
    probabilities = to_probabilities(logits, calibration)
    x = examples.means(lambda tags: log_odds(tags, best.floor))
    kernel, bias = _fit(x, examples, settings, best.shrinkage)
    detector, outside_report = _fit_outside(examples, settings.outside, made, seed)
    report = {
        "n_tracks": len(examples.y),
        "n_artists": len(set(examples.groups)),
        "floor": best.floor,
        "shrinkage": best.shrinkage,
        "artist_weight": settings.artist_weight,
        **calibration,
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
                    "floor": trial.floor,
                    "shrinkage": trial.shrinkage,
                    "accuracy": round(trial.accuracy, 4),
                }
                for trial in trials
            ],
        },
    }
    return Trained(
        head=LinearHead(kernel, bias, x.mean(axis=0), best.floor),
        calibration=calibration,
        words=fit_words(probabilities, y, repeats=REPEATS),
        tag_means=examples.means(lambda tags: tags).mean(axis=0),
        raise_to_db=settings.raise_to_db,
        outside=detector,
        outside_report=outside_report,
        report=report,
    )


@dataclass(frozen=True)
class Trial:
    """One candidate. logits : np.ndarray [shape=(REPEATS, n, n_genres)], out of fold."""

    floor: float
    shrinkage: float
    logits: np.ndarray
    accuracies: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        return float(np.mean(self.accuracies))


def cross_validate(
    examples: Examples,
    settings: HeadSettings,
    *,
    floor: float,
    shrinkage: float,
    seed: int = 0,
    companions: Examples | None = None,
) -> Trial:
    """Each track judged by heads that never heard its artist, REPEATS times.

    companions : tracks that join the training side of every fold, less those of artists held out;
        they are not judged
    """
    x = examples.means(lambda tags: log_odds(tags, floor))
    others = companions and companions.means(lambda tags: log_odds(tags, floor))
    rounds = []
    for repeat in range(REPEATS):
        logits = None
        for learn, held in grouped_folds(examples, seed + repeat):
            side = _take(examples, learn)
            features = x[learn]
            if companions is not None:
                artists = {examples.groups[i] for i in held}
                strangers = [i for i, g in enumerate(companions.groups) if g not in artists]
                side = _join(side, _take(companions, strangers))
                features = np.concatenate([features, others[strangers]])
            kernel, bias = _fit(features, side, settings, shrinkage)
            if logits is None:
                logits = np.zeros((len(x), kernel.shape[1]))
            logits[held] = x[held] @ kernel + bias
        rounds.append(logits)
    accuracies = tuple(float((logits.argmax(axis=1) == examples.y).mean()) for logits in rounds)
    return Trial(floor, shrinkage, np.stack(rounds), accuracies)


def held_out_heads(
    examples: Examples, settings: HeadSettings, *, floor: float, shrinkage: float, seed: int = 0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each track the kernel and bias of a head that never heard its artist."""
    x = examples.means(lambda tags: log_odds(tags, floor))
    heads = {}
    for learn, held in grouped_folds(examples, seed):
        fitted = _fit(x[learn], _take(examples, learn), settings, shrinkage)
        heads |= {examples.names[i]: fitted for i in held}
    return heads


def grouped_folds(examples: Examples, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(learn, held out) positions; no artist is on both sides."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(examples.y)), examples.y, examples.groups))


def _check(examples: Examples) -> None:
    for genre, count in zip(GENRES, np.bincount(examples.y, minlength=len(GENRES)), strict=True):
        if count < FOLDS:
            raise DatasetError(
                f"{genre} has {count} tracks in this cache: training needs {FOLDS} of each genre."
            )


def _fit(x: np.ndarray, examples: Examples, settings: HeadSettings, shrinkage: float):
    weights = artist_weights(examples.groups, settings.artist_weight)
    return fit_discriminant(x, examples.y, weights, shrinkage=shrinkage).linear()


def _fit_outside(
    examples: Examples,
    settings: OutsideSettings,
    made: Mapping[str, Sequence[np.ndarray]] | None,
    seed: int,
) -> tuple[OutsideDetector, dict]:
    sounds = None
    if made:
        clips = [(kind, tags) for kind, all_tags in made.items() for tags in all_tags]
        sounds = MadeSounds(
            np.stack(
                [log_odds(np.float64(tags), settings.floor).mean(axis=0) for _, tags in clips]
            ),
            np.array([kind for kind, _ in clips]),
        )
    return fit_outside(
        examples.means(lambda tags: log_odds(tags, settings.floor)),
        examples.y,
        examples.groups,
        sounds,
        settings,
        grouped_folds(examples, seed),
    )


def _take(examples: Examples, rows: Sequence[int]) -> Examples:
    return Examples(
        [examples.names[i] for i in rows],
        [examples.tags[i] for i in rows],
        examples.y[np.asarray(rows, int)],
        [examples.groups[i] for i in rows],
    )


def _join(one: Examples, other: Examples) -> Examples:
    return Examples(
        one.names + other.names,
        one.tags + other.tags,
        np.concatenate([one.y, other.y]),
        one.groups + other.groups,
    )
