"""A linear discriminant kept as what it is fitted from: sums over the examples of each class.

Statistics of two sets of examples can be added up, so that a head can learn from more examples
later without those that it learned from first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassStatistics:
    """Weighted examples of classes, summed up.

    weights : np.ndarray [shape=(n_classes,)], sum of the examples' weights
    means : np.ndarray [shape=(n_classes, d)], weighted mean of each class
    scatter : np.ndarray [shape=(d, d)], weighted sum over all examples of the products of their
        distances from their class's mean
    """

    weights: np.ndarray
    means: np.ndarray
    scatter: np.ndarray

    def __add__(self, other: ClassStatistics) -> ClassStatistics:
        """The statistics of both sets of examples together; a class may be in one alone."""
        weights = self.weights + other.weights
        share = other.weights / np.where(weights > 0, weights, 1.0)
        apart = other.means - self.means
        # What the two means of a class lie apart is scatter around their common mean.
        between = (apart * (self.weights * share)[:, None]).T @ apart
        return ClassStatistics(
            weights, self.means + apart * share[:, None], self.scatter + other.scatter + between
        )

    def linear(self, *, shrinkage: float, prior_power: float) -> tuple[np.ndarray, np.ndarray]:
        """Kernel (d, n_classes) and bias (n_classes,) of one Gaussian a class, one covariance.

        Log posteriors up to a constant an example, which a softmax does not see.

        shrinkage : pulls the covariance of standardised features towards a multiple of the
            identity: 0 leaves it, 1 forgets it
        prior_power : a class is as likely beforehand as its weight ** prior_power
        """
        within = self.scatter / self.weights.sum()
        between = self.means.var(axis=0)
        scale = np.sqrt(np.diag(within) + between)
        scale = np.where(scale > 0, scale, 1.0)  # a tag that never moves tells nothing
        covariance = within / scale[:, None] / scale
        level = np.trace(covariance) / len(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * level * np.eye(len(covariance))
        centre = self.means.mean(axis=0)
        centres = (self.means - centre) / scale
        kernel = np.linalg.solve(covariance, centres.T)
        bias = -0.5 * np.sum(centres.T * kernel, axis=0)
        if prior_power:  # without, a class may have no examples yet
            bias = bias + prior_power * np.log(self.weights / self.weights.sum())
        kernel = kernel / scale[:, None]
        return kernel, bias - centre @ kernel


def collect(x: np.ndarray, y: np.ndarray, weights: np.ndarray, n_classes: int) -> ClassStatistics:
    """Sum up examples; a class without any has the weight 0, and no `linear` before it gets some.

    Parameters
    ----------
    x : np.ndarray [shape=(n, d), dtype=float64]
    y : np.ndarray [shape=(n,), dtype=int], below n_classes
    weights : np.ndarray [shape=(n,), dtype=float64]
    """
    membership = np.zeros((n_classes, len(y)))
    membership[y, np.arange(len(y))] = weights
    sums = membership.sum(axis=1)
    means = membership @ x / np.where(sums > 0, sums, 1.0)[:, None]
    apart = x - means[y]
    return ClassStatistics(sums, means, (apart * weights[:, None]).T @ apart)
