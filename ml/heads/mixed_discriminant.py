"""A discriminant whose logits are mixed by a small regression; together one linear head.

The discriminant takes its classes for Gaussian and is far too sure where they are not; the
regression learns from the same examples how much each of its logits says.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.errors import BundleError

from .class_statistics import ClassStatistics


@dataclass(frozen=True)
class MixedDiscriminant:
    """What the head is computed from, so that it can learn more without its first examples.

    statistics : of the examples, of d features and n classes
    shrinkage : of their covariance, see `ClassStatistics.linear`
    mixing : np.ndarray [shape=(n, n)], takes the discriminant's logits to those of the head
    mixing_bias : np.ndarray [shape=(n,)]
    """

    statistics: ClassStatistics
    shrinkage: float
    mixing: np.ndarray
    mixing_bias: np.ndarray

    def linear(self) -> tuple[np.ndarray, np.ndarray]:
        """Kernel [shape=(d, n)] and bias [shape=(n,)] of the head."""
        kernel, bias = discriminant_logits(self.statistics, self.shrinkage)
        return kernel @ self.mixing, bias @ self.mixing + self.mixing_bias

    def learn(self, more: ClassStatistics) -> MixedDiscriminant:
        """The head of these examples and more; how its logits are mixed stays."""
        return replace(self, statistics=self.statistics + more)

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file,
                class_weights=self.statistics.weights,
                class_means=self.statistics.means,
                scatter=self.statistics.scatter,
                shrinkage=np.float64(self.shrinkage),
                mixing=self.mixing,
                mixing_bias=self.mixing_bias,
            )

    @classmethod
    def load(cls, path: Path) -> MixedDiscriminant:
        """Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(
                    ClassStatistics(file["class_weights"], file["class_means"], file["scatter"]),
                    float(file["shrinkage"]),
                    file["mixing"],
                    file["mixing_bias"],
                )
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} holds no statistics of a head.") from exc


def discriminant_logits(
    statistics: ClassStatistics, shrinkage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of the plain discriminant with equal priors.

    Only differences between its logits mean anything, so their mean is taken off.
    """
    kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=0.0)
    return kernel - kernel.mean(axis=1, keepdims=True), bias - bias.mean()
