"""The head and the detector, fitted again with what people taught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ml.heads.class_detector import ClassDetector
from ml.heads.class_moments import ClassMoments
from ml.heads.class_statistics import ClassStatistics, collect
from ml.probabilities import Calibration, to_probabilities

from .base import Base
from .taught import NONE, Taught, artist_shares

ARTIST_POWER = 0.5  # as of the tracks that the shipped head learned from
NEVER = -1e6  # the logit of what is not answered
KIND_TAKEN = 0.3  # the share of a kind of other music that makes it a part of a new genre


class Settings(NamedTuple):
    """How a head is fitted again.

    head, detector : what a recording that people judged weighs in each, one of those that the
        shipped head learned from weighing 1
    genres : which are new, and come after those of the bundle
    offsets : what is added to the logit of each of these
    """

    head: float = 1.0
    detector: float = 1.0
    genres: tuple[str, ...] = ()
    offsets: tuple[float, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A head with its detector.

    Attributes
    ----------
    kernel : np.ndarray [shape=(d, n_labels)], bias : np.ndarray [shape=(n_labels,)]
    detector : scores what is none of the genres
    threshold : above it a recording is refused
    calibration : from logits to probabilities
    labels : the genres
    """

    kernel: np.ndarray
    bias: np.ndarray
    detector: ClassDetector
    threshold: float
    calibration: Calibration | None
    labels: tuple[str, ...]

    def answer(self, x: np.ndarray) -> Answers:
        """Answer recordings by their features, [shape=(n, d)]."""
        logits = x @ self.kernel + self.bias
        return Answers(
            self.labels,
            logits,
            to_probabilities(logits, self.calibration),
            self.detector.score(x) - self.threshold,
        )


@dataclass(frozen=True)
class Answers:
    """What a head says of recordings.

    Attributes
    ----------
    labels : the genres
    logits, probabilities : np.ndarray [shape=(n, n_labels)]
    above : np.ndarray [shape=(n,)], the detector's score less its threshold
    """

    labels: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    above: np.ndarray

    @property
    def refused(self) -> np.ndarray:
        """Which are taken for none of the genres, [shape=(n,), dtype=bool]."""
        return self.above > 0

    def take(self, rows: np.ndarray) -> Answers:
        """Return those to some of the recordings, by position or by a mask."""
        return Answers(self.labels, self.logits[rows], self.probabilities[rows], self.above[rows])

    @property
    def genres(self) -> np.ndarray:
        """The most probable genre of each, [shape=(n,), dtype=str]."""
        return np.array(self.labels)[self.probabilities.argmax(axis=1)]

    @property
    def headlines(self) -> np.ndarray:
        """What is answered: that genre, or NONE where the recording is refused."""
        return np.where(self.refused, NONE, self.genres)


def shipped(base: Base) -> Fitted:
    """The head and the detector as the bundle has them."""
    return Fitted(
        base.head.kernel,
        base.head.bias,
        base.detector,
        base.threshold,
        base.card.calibration,
        base.card.labels,
    )


def refit(base: Base, taught: Taught, settings: Settings) -> Fitted:
    """Fit the head and the detector again, with recordings that people judged.

    Parameters
    ----------
    taught : said of each is a genre of the bundle or a new one, or NONE

    Notes
    -----
    All that people say of a genre weighs at most what the shipped head learned of it: a flood of
    one kind can draw a genre towards itself no further than half way. The threshold refuses as much
    of the music of the genres (`Base.drawn`) as the shipped one did, so that learning what to
    refuse does not refuse more of everything.
    """
    labels = (*base.card.labels, *settings.genres)
    kernel, bias = _head(base, taught.take(taught.said != NONE), settings, labels)
    detector = fit_detector(base, taught, settings)
    return replace(
        shipped(base),
        kernel=kernel,
        bias=bias,
        detector=detector,
        threshold=same_share_refused(base, detector),
        labels=labels,
    )


def same_share_refused(base: Base, detector: ClassDetector) -> float:
    """The threshold by which a detector refuses as much music of the genres as the shipped one."""
    x, _ = base.drawn
    share = float((base.detector.score(x) > base.threshold).mean())
    return float(np.quantile(detector.score(x), 1 - share, method="higher"))


def _head(
    base: Base, taught: Taught, settings: Settings, labels: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    known = base.mixed.statistics
    n, n_new = len(base.card.labels), len(settings.genres)
    weights = _weights(
        taught, known.weights, known.weights.sum() / base.n_tracks * settings.head, labels
    )
    y = positions(taught.said, labels)
    more = collect(taught.x[:, base.rows], y, weights, len(labels))
    mixed = replace(base.mixed, statistics=_widened(known, n_new) + more)
    kernel = np.zeros((base.n_features, len(labels)))
    if not n_new:
        kernel[base.rows], bias = mixed.linear()
        return kernel, bias
    discriminant, constant = mixed.statistics.linear(shrinkage=mixed.shrinkage, prior_power=0.0)
    # As the logits of the genres that are known were mixed: less their mean. A new genre's is
    # stretched as these are on average, and mixed with none.
    discriminant = discriminant - discriminant[:, :n].mean(axis=1, keepdims=True)
    constant = constant - constant[:n].mean()
    stretch = float(np.trace(mixed.mixing)) / n
    kernel[base.rows] = np.concatenate(
        [discriminant[:, :n] @ mixed.mixing, stretch * discriminant[:, n:]], axis=1
    )
    bias = np.concatenate(
        [
            constant[:n] @ mixed.mixing + mixed.mixing_bias,
            stretch * constant[n:] + mixed.mixing_bias.mean() + np.array(settings.offsets),
        ]
    )
    # What nobody has given an example of is not answered.
    unheard = mixed.statistics.weights == 0
    return kernel, np.where(unheard, NEVER, bias)


def _widened(statistics: ClassStatistics, n_new: int) -> ClassStatistics:
    """Statistics with further classes that have no examples yet."""
    d = statistics.means.shape[1]
    return ClassStatistics(
        np.concatenate([statistics.weights, np.zeros(n_new)]),
        np.concatenate([statistics.means, np.zeros((n_new, d))]),
        statistics.scatter,
    )


def fit_detector(base: Base, taught: Taught, settings: Settings) -> ClassDetector:
    """Genres learn what was said to be them; what is none goes to the kind that it is nearest."""
    labels = (*base.moments.names[: base.moments.n_inside], *settings.genres)
    first, *others = base.detector.members
    inside = taught.said != NONE
    unit = settings.detector / base.n_tracks  # the genres weigh 1 together
    known = base.moments.weights[: base.moments.n_inside]
    moments = base.moments.with_genres(settings.genres)
    weights = _weights(taught, known, unit, labels)
    genres = taught.take(inside)
    moments = moments.learn(genres.x, positions(genres.said, labels), weights[inside])
    if settings.genres:
        moments = moments.without(_taken(base, moments, len(settings.genres)))
        # The others were fitted to recordings that are not here, and know no new genre.
        others = []
    if not inside.all():
        rest = taught.take(~inside)
        y = _nearest_kind(base, moments, rest.x)
        capped = _capped(
            unit * artist_shares(rest.groups, ARTIST_POWER),
            y,
            lambda k: max(
                float(moments.weights[k]), float(moments.weights[moments.n_inside :].mean())
            ),
        )
        moments = moments.learn(rest.x, y, capped)
    kernel, bias = _discriminant(base, moments)
    member = replace(first, kernel=kernel, bias=bias, n_inside=moments.n_inside)
    return replace(base.detector, members=(member, *others))


def _nearest_kind(base: Base, moments: ClassMoments, x: np.ndarray) -> np.ndarray:
    """The class outside of the genres that the shipped detector takes each for, of those left."""
    names = base.moments.names
    left = [names.index(name) for name in moments.names[moments.n_inside :]]
    logits = base.detector.members[0].logits(x)[:, left]
    return np.asarray(logits.argmax(axis=1) + moments.n_inside)


def _taken(base: Base, moments: ClassMoments, n_new: int) -> list[int]:
    """Kinds of other music that are inside now: much of them would be taken for a new genre."""
    # Whatever each weighs: few examples of a genre, and many of the kind, say nothing of likeness.
    kernel, bias = _discriminant(base, moments, prior_power=0.0)
    new = range(moments.n_inside - n_new, moments.n_inside)
    taken = []
    for k in range(moments.n_inside, len(moments.names) - 1):
        said = (base.kind(moments.names[k]) @ kernel + bias).argmax(axis=1)
        if np.isin(said, new).mean() >= KIND_TAKEN:
            taken.append(k)
    return taken


def _discriminant(
    base: Base, moments: ClassMoments, prior_power: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """The detector's first member of moments, as it was fitted when the bundle was made."""
    heard = np.flatnonzero(moments.weights > 0)
    pooled = moments.pooled()
    part = ClassStatistics(pooled.weights[heard], pooled.means[heard], pooled.scatter)
    kernel = np.zeros((moments.means.shape[1], len(moments.names)))
    bias = np.full(len(moments.names), NEVER)
    kernel[:, heard], bias[heard] = part.linear(
        shrinkage=base.detector_shrinkage, prior_power=prior_power
    )
    return kernel, bias


def _weights(taught: Taught, known: np.ndarray, unit: float, labels: tuple[str, ...]) -> np.ndarray:
    """What each recording of a genre weighs, by its artist's others; `known` caps each genre's."""
    weights = unit * artist_shares(taught.groups, ARTIST_POWER)
    inside = taught.said != NONE
    y = positions(taught.said[inside], labels)

    def most(k: int) -> float:
        if k < len(known):
            return float(known[k])
        return float(known.mean()) if len(known) else 1 / len(labels)

    weights[inside] = _capped(weights[inside], y, most)
    return weights


def positions(said: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    """Where each label is among `labels`."""
    index = {label: i for i, label in enumerate(labels)}
    return np.array([index[str(label)] for label in said], int)


def _capped(weights: np.ndarray, y: np.ndarray, most: Callable[[int], float]) -> np.ndarray:
    """Weights of which no class has more than `most` in sum."""
    weights = weights.copy()
    for k in np.unique(y):
        total = weights[y == k].sum()
        if total > most(int(k)):
            weights[y == k] *= most(int(k)) / total
    return weights
