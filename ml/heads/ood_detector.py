"""Out-of-distribution detector: a score of how unlike the training music a track is.

A classifier of ten genres names one of them for a podcast too. The inputs of the detector are of
two kinds, both of the log odds of the track's tags (each the mean over its patches)
    shape   two numbers: the energy of the genre logits, and how much nearer the track is to a genre
            than to music in general (the relative Mahalanobis distance)
    tags    the log odds themselves, for what no music has, e.g. speech without any instrument
and a logistic regression weighs them. It is fitted by `ood_fitting` to training tracks whose own
genre was hidden from the shape, and to synthetic negatives (`ml.data.ood_sounds`). Real music of
other genres takes no part, so that its recognition can be measured. Imports NumPy alone.

References
----------
Liu et al., "Energy-based Out-of-distribution Detection" (2020).
Ren et al., "A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection" (2021).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import BundleError
from ml.heads.linear_head import log_odds

# High enough that the energy still varies where one genre is far ahead.
ENERGY_TEMPERATURE = 8.0


@dataclass(frozen=True)
class OodDetector:
    """A fitted detector; with 50 tags and ten genres about 3100 numbers.

    Attributes
    ----------
    clip_epsilon : activations are clipped to [epsilon, 1 - epsilon] before the log odds
    mean, scale : np.ndarray [shape=(n_tags,)], what standardises the log odds
    kernel : np.ndarray [shape=(n_tags, n_genres)], bias : np.ndarray [shape=(n_genres,)], the
        discriminant of standardised log odds
    curvature : np.ndarray [shape=(n_tags, n_tags)], inverse covariance within genres less overall
    shape_mean, shape_scale : np.ndarray [shape=(2,)]
    weights : np.ndarray [shape=(2 + n_tags,)], of the two shape numbers, then of the log odds
    intercept : float
    """

    clip_epsilon: float
    mean: np.ndarray
    scale: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    curvature: np.ndarray
    shape_mean: np.ndarray
    shape_scale: np.ndarray
    weights: np.ndarray
    intercept: float

    def features(self, patch_tags: np.ndarray) -> np.ndarray:
        """Compute a track's features [shape=(n_tags,)] of its tags [shape=(n_patches, n_tags)]."""
        return log_odds(np.asarray(patch_tags, np.float64), self.clip_epsilon).mean(axis=0)

    def score(self, features: np.ndarray) -> np.ndarray:
        """Score tracks; higher is less like the training music, and 0 has odds of 1 : 1.

        Parameters
        ----------
        features : np.ndarray [shape=(n, n_tags)]

        Returns
        -------
        np.ndarray [shape=(n,), dtype=float64]
        """
        z = (features - self.mean) / self.scale
        shape = shape_of(z, self.kernel, self.bias, self.curvature)
        inputs = np.concatenate([(shape - self.shape_mean) / self.shape_scale, z], axis=1)
        return inputs @ self.weights + self.intercept

    def is_music(self, features: np.ndarray) -> None:
        """Tell nothing: it knows only what is like the training music."""
        return

    def save(self, path: Path) -> None:
        """Write the numbers to an .npz file."""
        # float32 keeps the file at 13 kB; a score moves by less than a thousandth.
        values: dict[str, Any] = {
            _key(f.name): np.float32(getattr(self, f.name)) for f in fields(self)
        }
        with path.open("wb") as file:
            np.savez(file, **values)

    @classmethod
    def load(cls, path: Path) -> OodDetector:
        """Read what `save` wrote. Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                values = {f.name: file[_key(f.name)].astype(np.float64) for f in fields(cls)}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} is no detector of other music.") from exc
        scalars = {name: float(values[name]) for name in ("clip_epsilon", "intercept")}
        return cls(**values | scalars)


def shape_of(
    z: np.ndarray, kernel: np.ndarray, bias: np.ndarray, curvature: np.ndarray
) -> np.ndarray:
    """Compute energy and relative Mahalanobis distance of standardised log odds.

    The relative distance is that to the nearest genre less that to all music. Both are quadratic in
    z, and their difference is one quadratic form less twice the discriminant's largest logit.

    Parameters
    ----------
    z : np.ndarray [shape=(n, n_tags)]
    kernel, bias, curvature : see `OodDetector`

    Returns
    -------
    np.ndarray [shape=(n, 2)]
    """
    logits = z @ kernel + bias
    relative = np.einsum("ij,jk,ik->i", z, curvature, z) - 2 * logits.max(axis=1)
    centred = (logits - logits.mean(axis=1, keepdims=True)) / ENERGY_TEMPERATURE
    top = centred.max(axis=1)
    energy = -(top + np.log(np.exp(centred - top[:, None]).sum(axis=1)))
    return np.stack([energy, relative], axis=1)


def _key(name: str) -> str:
    """Return a field's name in the file, which is older than the field's present name."""
    return "floor" if name == "clip_epsilon" else name
