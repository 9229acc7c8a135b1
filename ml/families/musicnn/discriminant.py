"""Linear discriminant analysis for few tracks by fewer artists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Discriminant:
    """One Gaussian a class, all of one covariance; every class is as likely beforehand.

    mean, scale : np.ndarray [shape=(d,)], what standardises the features
    centres : np.ndarray [shape=(n_classes, d)], of the classes, standardised
    within, overall : np.ndarray [shape=(d, d)], covariance of standardised features around their
        class's centre, and around the mean of all; both shrunk
    """

    mean: np.ndarray
    scale: np.ndarray
    centres: np.ndarray
    within: np.ndarray
    overall: np.ndarray

    def linear(self) -> tuple[np.ndarray, np.ndarray]:
        """Kernel (d, n_classes) and bias (n_classes,) that turn raw features into log posteriors.

        Up to a constant a track, which a softmax does not see.
        """
        kernel = np.linalg.solve(self.within, self.centres.T)
        bias = -0.5 * np.sum(self.centres.T * kernel, axis=0)
        kernel = kernel / self.scale[:, None]
        return kernel, bias - self.mean @ kernel


def fit_discriminant(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, *, shrinkage: float
) -> Discriminant:
    """Fit it to weighted examples; each class counts the same whatever its number of examples.

    Shrinkage pulls a covariance towards a multiple of the identity: 0 leaves it, 1 forgets it.

    Parameters
    ----------
    x : np.ndarray [shape=(n, d), dtype=float64]
    y : np.ndarray [shape=(n,), dtype=int]; each class that occurs is one
    weights : np.ndarray [shape=(n,), dtype=float64]
    """
    mean = np.average(x, axis=0, weights=weights)
    scale = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weights))
    scale = np.where(scale > 0, scale, 1.0)  # a tag that never moves tells nothing
    z = (x - mean) / scale
    classes = np.unique(y)
    centres = np.stack([np.average(z[y == k], axis=0, weights=weights[y == k]) for k in classes])
    within = np.mean(
        [_covariance(z[y == k] - centres[i], weights[y == k]) for i, k in enumerate(classes)],
        axis=0,
    )
    overall = _covariance(z, weights)
    return Discriminant(
        mean, scale, centres, _shrunk(within, shrinkage), _shrunk(overall, shrinkage)
    )


def artist_weights(groups: Sequence[str], power: float) -> np.ndarray:
    """Each track weighs (tracks of its artist) ** -power; the mean weight is 1.

    A third of GTZAN's reggae is Bob Marley: with equal weights the genre would be his sound.

    groups : n strings -> np.ndarray [shape=(n,), dtype=float64]
    """
    _, artist, count = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weights = count[artist].astype(np.float64) ** -power
    return weights / weights.mean()


def _covariance(centred: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (centred * weights[:, None]).T @ centred / weights.sum()


def _shrunk(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    level = np.trace(covariance) / len(covariance)
    return (1 - shrinkage) * covariance + shrinkage * level * np.eye(len(covariance))
