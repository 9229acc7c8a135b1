"""Contributions of tags and of segments to the logit of a genre.

For a linear head on averaged features (`ml.heads.linear_head.LinearHead`) the explanation is
exact: base and contributions sum to the logit. Imports NumPy alone, so that a page can compute it
from what is stored. The mel-cnn has no such sum; see `ml.explanations.grad_cam`.

A contribution is what a part adds compared with a recording of average features, the head's
`baseline` (the mean over the training tracks): kernel * (feature - baseline). Compared with
features of zero it would mostly tell how common a tag is in any music.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.heads.linear_head import LinearHead


@dataclass(frozen=True)
class Explanation:
    """Logit contributions to a genre, or to its lead over another: base + sum(parts) == total.

    Attributes
    ----------
    genre : index of the genre
    against : index of the other genre; None where the explanation is of the genre's own logit
    names : of the parts
    base : the logit (or difference of logits) of a recording of average features
    parts : np.ndarray [shape=(n,), dtype=float64], the contribution of each, in logits; below 0 it
        speaks against the genre
    total : the recording's logit (or difference of logits)
    """

    genre: int
    against: int | None
    names: tuple[str, ...]
    base: float
    parts: np.ndarray
    total: float

    def strongest(self, n: int) -> list[tuple[str, float]]:
        """Return the n largest contributions by magnitude, with their names, in that order."""
        order = np.argsort(-np.abs(self.parts), kind="stable")[:n]
        return [(self.names[i], float(self.parts[i])) for i in order]

    def shares(self) -> np.ndarray:
        """Divide the contributions by the sum of their magnitudes.

        Returns
        -------
        np.ndarray [shape=(n,), dtype=float64], whose magnitudes sum to 1; all 0 where all parts are
        """
        magnitude = np.abs(self.parts).sum()
        return self.parts / magnitude if magnitude else np.zeros_like(self.parts)


def first_two(logits: np.ndarray) -> tuple[int, int]:
    """Return the indices of the two highest logits.

    Parameters
    ----------
    logits : np.ndarray [shape=(n_genres,)]
    """
    first, second = np.argsort(-np.asarray(logits), kind="stable")[:2]
    return int(first), int(second)


def tag_contributions(
    head: LinearHead,
    features: np.ndarray,
    names: Sequence[str],
    *,
    genre: int | None = None,
    against: int | None = None,
) -> Explanation:
    """Compute the contribution of each tag of a recording to a genre.

    Parameters
    ----------
    features : np.ndarray [shape=(n_tags,)], the mean over the recording's patches of
        `head.features(tags)`
    names : of the tags
    genre : index; by default that of the highest logit
    against : index of a genre to compare it with, e.g. the runner-up; by default none
    """
    features = np.asarray(features, np.float64)
    logits = head.logits(features)
    genre = first_two(logits)[0] if genre is None else genre
    kernel = _between(head.kernel, genre, against)
    return Explanation(
        genre=genre,
        against=against,
        names=tuple(names),
        base=float(_between(head.logits(head.baseline), genre, against)),
        parts=kernel * (features - head.baseline),
        total=float(_between(logits, genre, against)),
    )


def segment_contributions(
    head: LinearHead,
    logits: np.ndarray,
    *,
    genre: int | None = None,
    against: int | None = None,
) -> Explanation:
    """Compute the contribution of each segment of a recording to a genre.

    Parameters
    ----------
    logits : np.ndarray [shape=(n_segments, n_genres)], of each segment, in order of time, before
        any calibration; the parts are in the same order
    genre, against : as in `tag_contributions`
    """
    logits = np.asarray(logits, np.float64)
    mean = logits.mean(axis=0)
    genre = first_two(mean)[0] if genre is None else genre
    base = float(_between(head.logits(head.baseline), genre, against))
    return Explanation(
        genre=genre,
        against=against,
        names=tuple(f"segment {i}" for i in range(1, len(logits) + 1)),
        base=base,
        parts=(_between(logits, genre, against) - base) / len(logits),
        total=float(_between(mean, genre, against)),
    )


def _between(values: np.ndarray, genre: int, against: int | None) -> np.ndarray:
    """Select a genre's values of the last axis, or by how much they exceed another genre's."""
    own = values[..., genre]
    return own if against is None else own - values[..., against]
