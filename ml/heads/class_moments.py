"""What a detector's discriminant learned from: weight, mean and scatter of each class.

From these it can be fitted again, with more examples, and music as each class has it can be drawn,
all without the recordings.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.errors import BundleError

from .class_statistics import ClassStatistics


@dataclass(frozen=True)
class ClassMoments:
    """Weighted examples of classes, summed up class by class.

    Attributes
    ----------
    names : of the classes: the genres first, then kinds of other music, then no music
    n_inside : so many classes, the first, are genres
    weights : np.ndarray [shape=(n_classes,)], sum of the examples' weights
    means : np.ndarray [shape=(n_classes, d)]
    scatters : np.ndarray [shape=(n_classes, d, d)], of each class, around its mean
    """

    names: tuple[str, ...]
    n_inside: int
    weights: np.ndarray
    means: np.ndarray
    scatters: np.ndarray

    def pooled(self) -> ClassStatistics:
        return ClassStatistics(self.weights, self.means, self.scatters.sum(axis=0))

    def learn(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> ClassMoments:
        """Add examples, as `collect_moments` takes them."""
        return self + collect_moments(x, y, weights, self.names, self.n_inside)

    def __add__(self, other: ClassMoments) -> ClassMoments:
        total = self.weights + other.weights
        share = other.weights / np.where(total > 0, total, 1.0)
        apart = other.means - self.means
        between = np.einsum("k,ki,kj->kij", self.weights * share, apart, apart)
        return replace(
            self,
            weights=total,
            means=self.means + apart * share[:, None],
            scatters=self.scatters + other.scatters + between,
        )

    def with_genres(self, names: tuple[str, ...]) -> ClassMoments:
        """Put genres without examples after those that are known."""
        d, n = self.means.shape[1], len(names)

        def widened(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
            parts = (values[: self.n_inside], np.zeros((n, *shape)), values[self.n_inside :])
            return np.concatenate(parts)

        return ClassMoments(
            (*self.names[: self.n_inside], *names, *self.names[self.n_inside :]),
            self.n_inside + n,
            widened(self.weights, ()),
            widened(self.means, (d,)),
            widened(self.scatters, (d, d)),
        )

    def without(self, classes: list[int]) -> ClassMoments:
        """Leave out classes that are no genres."""
        kept = [k for k in range(len(self.names)) if k not in classes]
        return ClassMoments(
            tuple(self.names[k] for k in kept),
            self.n_inside,
            self.weights[kept],
            self.means[kept],
            self.scatters[kept],
        )

    def draw(self, index: int, n: int, seed: int) -> np.ndarray:
        """Draw examples of a class from a Gaussian with its moments, [shape=(n, d)]."""
        covariance = self.scatters[index] / self.weights[index]
        values, vectors = np.linalg.eigh(covariance)
        normal = np.random.default_rng([seed, index]).standard_normal((n, len(values)))
        spread = normal * np.sqrt(np.clip(values, 0, None))
        return np.asarray(self.means[index] + spread @ vectors.T)

    def save(self, path: Path) -> None:
        """Write an .npz, of each scatter matrix one half, as it is symmetric."""
        half = np.triu_indices(self.means.shape[1])
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                names=np.array(self.names),
                n_inside=self.n_inside,
                weights=self.weights,
                means=self.means.astype(np.float32),
                scatters=self.scatters[:, *half].astype(np.float32),
            )

    @classmethod
    def load(cls, path: Path) -> ClassMoments:
        """Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                means = file["means"].astype(np.float64)
                scatters = np.zeros((*means.shape, means.shape[1]))
                rows, columns = np.triu_indices(means.shape[1])
                scatters[:, rows, columns] = file["scatters"]
                scatters[:, columns, rows] = file["scatters"]
                return cls(
                    tuple(file["names"].tolist()),
                    int(file["n_inside"]),
                    file["weights"].astype(np.float64),
                    means,
                    scatters,
                )
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} holds no moments of classes.") from exc


def collect_moments(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, names: tuple[str, ...], n_inside: int
) -> ClassMoments:
    """Sum up examples.

    Parameters
    ----------
    x : np.ndarray [shape=(n, d), dtype=float64]
    y : np.ndarray [shape=(n,), dtype=int], positions in `names`
    weights : np.ndarray [shape=(n,), dtype=float64]
    """
    d = x.shape[1]
    sums, means = np.zeros(len(names)), np.zeros((len(names), d))
    scatters = np.zeros((len(names), d, d))
    for k in range(len(names)):
        mine, w = x[y == k], weights[y == k]
        if not len(mine):
            continue
        sums[k] = w.sum()
        means[k] = w @ mine / sums[k]
        apart = mine - means[k]
        scatters[k] = (apart * w[:, None]).T @ apart
    return ClassMoments(names, n_inside, sums, means, scatters)
