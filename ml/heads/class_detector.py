"""Out-of-distribution detector that knows what is outside: other music, and no music.

Its members are linear and tell classes apart: first the genres, then other music, in one class or
by kind, then no music. The score of a member is the log odds that a track is of a class after the
genres; that of the detector is the members' mean, each standardised by its scores of music of the
genres. Unlike `ood_detector.OodDetector` it learns from real music of other genres. Light: NumPy
alone; it is fitted by `.wild.detector`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import BundleError
from ml.heads.linear_head import log_odds

# What a member has that was saved before these were.
DEFAULTS = {"n_no_music": 1, "centre": 0.0, "scale": 1.0}


@dataclass(frozen=True)
class Member:
    """One linear map to classes.

    kernel : np.ndarray [shape=(n_tags, n_classes)], bias : np.ndarray [shape=(n_classes,)]
    n_inside : so many classes, the first, are genres
    n_no_music : so many, the last, are no music
    temperature : the log posteriors are divided by it: tags depend on each other in ways that a
        discriminant does not see, so it is too sure of its nearest class
    centre, scale : mean and standard deviation of the scores of music of the genres
    """

    kernel: np.ndarray
    bias: np.ndarray
    n_inside: int
    n_no_music: int = 1
    temperature: float = 1.0
    centre: float = 0.0
    scale: float = 1.0

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Log posteriors up to a constant; [shape=(n, n_tags)] -> [shape=(n, n_classes)]."""
        return (features @ self.kernel + self.bias) / self.temperature

    def score(self, features: np.ndarray) -> np.ndarray:
        outside = outside_log_odds(self.logits(features), self.n_inside)
        return (outside - self.centre) / self.scale

    def music_log_odds(self, features: np.ndarray) -> np.ndarray:
        return music_log_odds(self.logits(features), self.n_inside, self.n_no_music)


@dataclass(frozen=True)
class ClassDetector:
    """A fitted detector.

    clip_epsilon : activations are clipped to [epsilon, 1 - epsilon] before the log odds, by one
        number or one a tag, [shape=(n_tags,)]
    """

    clip_epsilon: float | np.ndarray
    members: tuple[Member, ...]

    def features(self, patch_tags: np.ndarray) -> np.ndarray:
        """Of a track. [shape=(n_patches, n_tags)] -> [shape=(n_tags,), dtype=float64]."""
        return log_odds(np.asarray(patch_tags, np.float64), self.clip_epsilon).mean(axis=0)

    def score(self, features: np.ndarray) -> np.ndarray:
        """The higher, the less like music of the genres.

        [shape=(n, n_tags)] -> [shape=(n,), dtype=float64]
        """
        return np.mean([member.score(features) for member in self.members], axis=0)

    def is_music(self, features: np.ndarray) -> np.ndarray:
        """Whether tracks outside of the genres are rather other music than no music.

        [shape=(n, n_tags)] -> [shape=(n,), dtype=bool]
        """
        return np.mean([member.music_log_odds(features) for member in self.members], axis=0) >= 0

    def save(self, path: Path) -> None:
        arrays = {"clip_epsilon": np.asarray(self.clip_epsilon, np.float32)}
        for prefix, member in zip(_prefixes(len(self.members)), self.members, strict=True):
            arrays |= {prefix + name: value for name, value in _arrays(member).items()}
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> ClassDetector:
        """Raises BundleError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                epsilon = file["clip_epsilon"].astype(np.float64)
                count = sum(name.endswith("class_kernel") for name in file.files)
                members = tuple(_member(file, prefix) for prefix in _prefixes(max(count, 1)))
            return cls(epsilon if epsilon.ndim else float(epsilon), members)
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as exc:
            raise BundleError(f"{path.name} is no detector of other music.") from exc


def outside_log_odds(logits: np.ndarray, n_inside: int) -> np.ndarray:
    """log(p(outside) / p(inside)) of log posteriors. [shape=(n, n_classes)] -> (n,)."""
    return log_sum(logits[:, n_inside:]) - log_sum(logits[:, :n_inside])


def music_log_odds(logits: np.ndarray, n_inside: int, n_no_music: int) -> np.ndarray:
    """log(p(other music) / p(no music)). [shape=(n, n_classes)] -> (n,)."""
    return log_sum(logits[:, n_inside:-n_no_music]) - log_sum(logits[:, -n_no_music:])


def log_sum(logits: np.ndarray) -> np.ndarray:
    """log(sum(exp)) over the last axis, without SciPy, which pages need not load."""
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1))


def _prefixes(members: int) -> list[str]:
    """Of the names of each member's arrays in a file: none for the first."""
    return ["", *(f"member_{i}_" for i in range(2, members + 1))]


def _arrays(member: Member) -> dict[str, np.ndarray]:
    values = {
        "class_kernel": member.kernel,
        "class_bias": member.bias,
        "n_inside": member.n_inside,
        "n_no_music": member.n_no_music,
        "temperature": member.temperature,
        "centre": member.centre,
        "scale": member.scale,
    }
    return {name: np.asarray(value, np.float32) for name, value in values.items()}


def _member(file: Mapping[str, np.ndarray], suffix: str) -> Member:
    def array(name: str) -> np.ndarray:
        if suffix + name not in file and name in DEFAULTS:
            return np.asarray(DEFAULTS[name], np.float64)
        return file[suffix + name].astype(np.float64)

    return Member(
        array("class_kernel"),
        array("class_bias"),
        int(array("n_inside")),
        int(array("n_no_music")),
        float(array("temperature")),
        float(array("centre")),
        float(array("scale")),
    )
