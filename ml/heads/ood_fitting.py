"""Fitting of the out-of-distribution detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from ml.data.folds import Folds
from ml.metrics.scores import auroc
from ml.registry.recipe import RecipeSettings

from .discriminant import Discriminant, artist_weights, fit_discriminant
from .ood_detector import OodDetector, shape_of

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression


class OodSettings(RecipeSettings):
    """Settings of the detector in a recipe.

    Attributes
    ----------
    clip_epsilon : see OodDetector; "floor" in a recipe
    shrinkage, artist_weight : of the discriminant
    tag_weight : scale of the tags beside the two shape numbers; less regularises them more
    penalty : C of the regression
    refused : share of training tracks that the threshold refuses, out of fold
    """

    clip_epsilon: float = Field(0.01, alias="floor", gt=0, lt=0.5)
    shrinkage: float = 0.1
    artist_weight: float = 0.5
    tag_weight: float = 0.3
    penalty: float = 0.1
    refused: float = 0.04


@dataclass(frozen=True)
class Negatives:
    """Sounds that are no music.

    Attributes
    ----------
    x : np.ndarray [shape=(n, n_tags)], log odds
    kinds : np.ndarray [shape=(n,)], the kind of each
    """

    x: np.ndarray
    kinds: np.ndarray


def fit_ood_detector(
    x: np.ndarray,
    y: np.ndarray,
    groups: Sequence[str],
    negatives: Negatives | None,
    settings: OodSettings,
    folds: Folds,
) -> tuple[OodDetector, dict[str, Any]]:
    """Fit a detector and its threshold to training tracks.

    Parameters
    ----------
    x : np.ndarray [shape=(n, n_tags)], log odds of the training tracks, clipped as in the settings
    y : np.ndarray [shape=(n,), dtype=int]
    groups : n strings, the artists
    negatives : None fits to hidden genres alone
    folds : (learn, held out) positions, no artist on both sides; the held-out sides cover all

    Returns
    -------
    detector, report : the report is ready for JSON: method, threshold, refused (of the training
        tracks), and `left_out` {kind: AUROC of a detector fitted without that kind}
    """
    pool = _Pool(x, y, groups, settings, folds)
    everything = pool.discriminant(np.arange(len(y)))
    outside = None if negatives is None else _Outside.of(negatives, everything)
    regression = pool.fit(outside)
    held_out = pool.held_out_scores(outside)
    threshold = float(np.quantile(held_out, 1 - settings.refused, method="higher"))
    inverse, overall = (np.linalg.inv(m) for m in (everything.within, everything.overall))
    kernel, bias = _standardised_linear(everything)
    undo = np.r_[np.ones(2), np.full(x.shape[1], settings.tag_weight)]
    detector = OodDetector(
        clip_epsilon=settings.clip_epsilon,
        mean=everything.mean,
        scale=everything.scale,
        kernel=kernel,
        bias=bias,
        curvature=inverse - overall,
        shape_mean=pool.shape_mean,
        shape_scale=pool.shape_scale,
        weights=regression.coef_[0] * undo,
        intercept=float(regression.intercept_[0]),
    )
    report = {
        "method": "energy and relative Mahalanobis distance with the log odds of the tags, "
        "weighed by a logistic regression",
        "threshold": round(threshold, 4),
        "refused_of_training": round(float((held_out > threshold).mean()), 4),
        "left_out": {} if outside is None else _left_out(pool, outside),
        "made_sounds": 0 if outside is None else len(outside.kinds),
    }
    return detector, report


@dataclass(frozen=True)
class _Outside:
    """Negatives with their shape numbers, [shape=(n, 2)]."""

    shape: np.ndarray
    x: np.ndarray
    kinds: np.ndarray

    @classmethod
    def of(cls, negatives: Negatives, fitted: Discriminant) -> _Outside:
        return cls(_shape_of(fitted, negatives.x), negatives.x, negatives.kinds)

    def take(self, chosen: np.ndarray) -> _Outside:
        """Return those that are chosen, [shape=(n,), dtype=bool]."""
        return _Outside(self.shape[chosen], self.x[chosen], self.kinds[chosen])


class _Pool:
    """The examples of the regression that are music, the same whatever the negatives.

    With each genre hidden from the discriminant in turn, a track is an example of known music where
    another genre is hidden, and of unknown music where its own is. Its shape is always that of a
    discriminant fitted without its artist.
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        groups: Sequence[str],
        settings: OodSettings,
        folds: Folds,
    ):
        self.x, self.y, self.settings, self.folds = x, y, settings, folds
        self.groups = np.asarray(groups)
        self.shape = np.zeros((len(y), 2))
        shapes, owners, hidden = [], [], []
        for learn, held in folds:
            self.shape[held] = _shape_of(self.discriminant(learn), x[held])
            for genre in np.unique(y):
                fitted = self.discriminant(learn[y[learn] != genre])
                shapes.append(_shape_of(fitted, x[held]))
                owners.append(held)
                hidden.append(y[held] == genre)
        self.shapes, self.owners = np.concatenate(shapes), np.concatenate(owners)
        self.hidden = np.concatenate(hidden)
        self.shape_mean, self.shape_scale = self.shape.mean(axis=0), self.shape.std(axis=0)
        whole = self.discriminant(np.arange(len(y)))
        self.mean, self.scale = whole.mean, whole.scale

    def discriminant(self, rows: np.ndarray) -> Discriminant:
        weights = artist_weights(self.groups[rows], self.settings.artist_weight)
        return fit_discriminant(
            self.x[rows], self.y[rows], weights, shrinkage=self.settings.shrinkage
        )

    def fit(self, outside: _Outside | None, keep: np.ndarray | None = None) -> LogisticRegression:
        """Fit the regression to the tracks `keep` (all) and the negatives.

        Outside examples weigh as much as inside ones: hidden genres half, negatives half.
        """
        from sklearn.linear_model import LogisticRegression

        mine = np.ones(len(self.owners), bool) if keep is None else keep[self.owners]
        parts = [
            (self.shapes[mine & ~self.hidden], self.x[self.owners[mine & ~self.hidden]], 0, 1.0),
            (self.shapes[mine & self.hidden], self.x[self.owners[mine & self.hidden]], 1, 1.0),
        ]
        if outside is not None and len(outside.kinds):
            parts[1] = (*parts[1][:3], 0.5)
            parts.append((outside.shape, outside.x, 1, 0.5))
        inputs = np.concatenate([self._inputs(shape, x) for shape, x, _, _ in parts])
        truth = np.concatenate([np.full(len(x), label) for _, x, label, _ in parts])
        weights = np.concatenate([np.full(len(x), w / len(x)) for _, x, _, w in parts])
        regression = LogisticRegression(C=self.settings.penalty, max_iter=2000)
        return regression.fit(inputs, truth, sample_weight=weights * len(self.y))

    def held_out_scores(self, outside: _Outside | None) -> np.ndarray:
        """Score each track by a detector fitted without its artist, [shape=(n,)]."""
        scores = np.zeros(len(self.y))
        for _, held in self.folds:
            keep = np.ones(len(self.y), bool)
            keep[held] = False
            model = self.fit(outside, keep)
            scores[held] = self.score(model, self.shape[held], self.x[held])
        return scores

    def score(self, model: LogisticRegression, shape: np.ndarray, x: np.ndarray) -> np.ndarray:
        return model.decision_function(self._inputs(shape, x))

    def _inputs(self, shape: np.ndarray, x: np.ndarray) -> np.ndarray:
        z = (x - self.mean) / self.scale * self.settings.tag_weight
        return np.concatenate([(shape - self.shape_mean) / self.shape_scale, z], axis=1)


def _left_out(pool: _Pool, outside: _Outside) -> dict[str, float]:
    """Compute the AUROC of each kind of negatives by a detector fitted without that kind."""
    found = {}
    for kind in sorted(set(outside.kinds.tolist())):
        others, mine = outside.take(outside.kinds != kind), outside.take(outside.kinds == kind)
        inside_scores = pool.held_out_scores(others)
        outside_scores = pool.score(pool.fit(others), mine.shape, mine.x)
        found[kind] = round(auroc(inside_scores, outside_scores), 4)
    return found


def _standardised_linear(fitted: Discriminant) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.linalg.solve(fitted.within, fitted.centres.T)
    return kernel, -0.5 * np.sum(fitted.centres.T * kernel, axis=0)


def _shape_of(fitted: Discriminant, x: np.ndarray) -> np.ndarray:
    curvature = np.linalg.inv(fitted.within) - np.linalg.inv(fitted.overall)
    return shape_of((x - fitted.mean) / fitted.scale, *_standardised_linear(fitted), curvature)
