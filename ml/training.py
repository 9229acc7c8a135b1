"""Training the genre head: a linear classifier on MusiCNN's mean tag activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from .calibration import expected_calibration_error, fit_temperature
from .dataset import Examples

C_GRID = (0.003, 0.01, 0.03, 0.1, 0.3)
FOLDS = 10
REPEATS = 5


@dataclass(frozen=True)
class Head:
    """A linear head that takes raw mean tags; standardisation and temperature are folded in.

    kernel : np.ndarray [shape=(50, n_genres), dtype=float64]
    bias : np.ndarray [shape=(n_genres,), dtype=float64]
    report : how it was chosen, plain values ready for JSON
    """

    kernel: np.ndarray
    bias: np.ndarray
    report: dict

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """[shape=(n, 50)] -> [shape=(n, n_genres)]."""
        return softmax(x @ self.kernel + self.bias, axis=1)


def train_head(examples: Examples, *, seed: int = 0) -> Head:
    """Choose C by artist-grouped cross-validation, fit, and calibrate on out-of-fold logits.

    Genres weigh the same ("balanced"): how many tracks of a genre survived the filtering of GTZAN
    says nothing about what people will listen to.
    """
    trials = [_cross_validate(examples, c, seed) for c in C_GRID]
    best = max(trials, key=lambda trial: trial["accuracy"])
    temperature = fit_temperature(best["logits"], np.tile(examples.y, REPEATS))
    calibrated = softmax(best["logits"] / temperature, axis=1)
    scaler, classifier = _pipeline(best["C"]).fit(examples.x, examples.y)
    kernel = (classifier.coef_ / scaler.scale_).T / temperature
    bias = (classifier.intercept_ - classifier.coef_ @ (scaler.mean_ / scaler.scale_)) / temperature
    report = {
        "n_tracks": len(examples.y),
        "n_artists": len(set(examples.groups)),
        "C": best["C"],
        "temperature": round(temperature, 4),
        "seed": seed,
        "cross_validation": {
            "scheme": f"{FOLDS} artist-grouped folds, {REPEATS} times",
            "accuracy": round(best["accuracy"], 4),
            "accuracy_std_of_repeats": round(best["accuracy_std"], 4),
            "ece": round(expected_calibration_error(calibrated, np.tile(examples.y, REPEATS)), 4),
            "candidates": [
                {"C": trial["C"], "accuracy": round(trial["accuracy"], 4)} for trial in trials
            ],
        },
    }
    return Head(kernel, bias, report)


def _pipeline(c: float) -> Pipeline:
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=c, class_weight="balanced", max_iter=5000)
    )


def _cross_validate(examples: Examples, c: float, seed: int) -> dict:
    """Out-of-fold logits [shape=(REPEATS * n, n_genres)] and their accuracy."""
    rounds = []
    for repeat in range(REPEATS):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed + repeat)
        rounds.append(
            cross_val_predict(
                _pipeline(c),
                examples.x,
                examples.y,
                groups=examples.groups,
                cv=folds,
                method="decision_function",
            )
        )
    accuracies = [float((logits.argmax(axis=1) == examples.y).mean()) for logits in rounds]
    return {
        "C": c,
        "logits": np.concatenate(rounds),
        "accuracy": float(np.mean(accuracies)),
        "accuracy_std": float(np.std(accuracies)),
    }
