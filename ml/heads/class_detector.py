"""Out-of-distribution detector that knows what is outside: other music, and no music.

A linear discriminant whose classes are the genres, music of other genres, and no music; the score
is the log odds that a track is of one of the last two. Unlike `ood_detector.OodDetector` it learns
from real music of other genres. Light: NumPy alone; it is fitted by `.wild.detector`.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import BundleError
from ml.heads.linear_head import log_odds

ARRAYS = ("clip_epsilon", "class_kernel", "class_bias", "n_inside", "temperature")


@dataclass(frozen=True)
class ClassDetector:
    """A fitted detector.

    clip_epsilon : activations are clipped to [epsilon, 1 - epsilon] before the log odds, by one
        number or one a tag
    kernel : np.ndarray [shape=(n_tags, n_classes)], bias : np.ndarray [shape=(n_classes,)]
    n_inside : so many classes, the first, are genres
    temperature : the log posteriors are divided by it: tags depend on each other in ways that a
        discriminant does not see, so it is too sure of its nearest class
    """

    clip_epsilon: float | np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    n_inside: int
    temperature: float

    def features(self, patch_tags: np.ndarray) -> np.ndarray:
        """Of a track. [shape=(n_patches, n_tags)] -> [shape=(n_tags,), dtype=float64]."""
        return log_odds(np.asarray(patch_tags, np.float64), self.clip_epsilon).mean(axis=0)

    def score(self, features: np.ndarray) -> np.ndarray:
        """The higher, the less like music of the genres.

        [shape=(n, n_tags)] -> [shape=(n,), dtype=float64]
        """
        return outside_log_odds(
            (features @ self.kernel + self.bias) / self.temperature, self.n_inside
        )

    def is_music(self, features: np.ndarray) -> np.ndarray:
        """Whether tracks outside of the genres are rather other music than no music.

        The last class is no music and the one before it other music.

        [shape=(n, n_tags)] -> [shape=(n,), dtype=bool]
        """
        logits = features @ self.kernel + self.bias
        return logits[:, -2] >= logits[:, -1]

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file,
                clip_epsilon=np.float32(self.clip_epsilon),
                class_kernel=self.kernel.astype(np.float32),
                class_bias=self.bias.astype(np.float32),
                n_inside=np.int32(self.n_inside),
                temperature=np.float32(self.temperature),
            )

    @classmethod
    def load(cls, path: Path) -> ClassDetector:
        """Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                epsilon, kernel, bias, inside, temperature = (
                    file[name].astype(np.float64) for name in ARRAYS
                )
            clip = epsilon if epsilon.ndim else float(epsilon)
            return cls(clip, kernel, bias, int(inside), float(temperature))
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} is no detector of other music.") from exc


def outside_log_odds(logits: np.ndarray, n_inside: int) -> np.ndarray:
    """log(p(outside) / p(inside)) of log posteriors. [shape=(n, n_classes)] -> (n,)."""
    return _log_sum(logits[:, n_inside:]) - _log_sum(logits[:, :n_inside])


def _log_sum(logits: np.ndarray) -> np.ndarray:
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
