"""Features that a track lacks, predicted from those it has by a ridge regression."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import BundleError

PENALTY = 30.0


@dataclass(frozen=True)
class Imputation:
    """Features after the first `n_given`, predicted from these.

    kernel : np.ndarray [shape=(n_given, d - n_given)], bias : np.ndarray [shape=(d - n_given,)]
    """

    kernel: np.ndarray
    bias: np.ndarray

    @property
    def n_given(self) -> int:
        return len(self.kernel)

    def fill(self, x: np.ndarray) -> np.ndarray:
        """Put predictions where a track's features are not known. [shape=(n, d)] -> the same."""
        missing = np.isnan(x)
        if not missing.any():
            return x
        predicted = self.predict(x[:, : self.n_given])
        return np.where(missing, np.concatenate([x[:, : self.n_given], predicted], axis=1), x)

    def predict(self, given: np.ndarray) -> np.ndarray:
        """[shape=(..., n_given)] -> [shape=(..., d - n_given)]."""
        return given @ self.kernel + self.bias

    def without(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The linear map of the given features alone, which equals a map of all after `fill`."""
        given, others = kernel[: self.n_given], kernel[self.n_given :]
        return given + self.kernel @ others, bias + self.bias @ others

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, kernel=self.kernel, bias=self.bias)

    @classmethod
    def load(cls, path: Path) -> Imputation:
        """Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(file["kernel"], file["bias"])
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} predicts no features.") from exc


def fit_imputation(x: np.ndarray, n_given: int) -> Imputation:
    """Fit on tracks of which all features are known, [shape=(n, d)]; others are left out."""
    x = x[~np.isnan(x).any(axis=1)]
    given, others = x[:, :n_given], x[:, n_given:]
    mean, scale = given.mean(axis=0), given.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # a feature that never moves predicts nothing
    z, centre = (given - mean) / scale, others.mean(axis=0)
    gram = z.T @ z + PENALTY * np.eye(n_given)
    kernel = np.linalg.solve(gram, z.T @ (others - centre)) / scale[:, None]
    return Imputation(kernel, centre - mean @ kernel)
