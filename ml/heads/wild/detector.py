"""Choosing the out-of-distribution detector, judged by the wild out of fold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml.data.gtzan import GENRES
from ml.heads.class_detector import ClassDetector, Member
from ml.heads.class_moments import ClassMoments, collect_moments
from ml.heads.class_statistics import collect
from ml.metrics.scores import auroc

from .examples import N_GENRES, Choice, Features, TwoWorlds
from .settings import WildSettings

# The classes of a detector after the genres; kinds of other music with a class of their own are
# numbered from KINDS on, and no music comes last.
OTHER_MUSIC, KINDS, NO_MUSIC = N_GENRES, N_GENRES + 1, 1000
# The columns of YAMNet that the detector uses, in `TwoWorlds.classes`.
DETECTOR_CLASSES = "detector"


class Numbers(NamedTuple):
    """One candidate; a penalty of None leaves the regression out."""

    clip_epsilon: float
    shrinkage: float
    temperature: float
    penalty: float | None


@dataclass(frozen=True)
class OutOfFold:
    """What members that heard nothing of a track's place and artist say of it.

    scores, music : np.ndarray [shape=(n_members, REPEATS, n)], the log odds that a wild track is
        outside, and that it is music if it is
    """

    scores: np.ndarray
    music: np.ndarray


@dataclass(frozen=True)
class JudgedOutside:
    """Wild tracks of one round, judged by detectors that others than the track's fold chose.

    above : np.ndarray [shape=(n,)], the score less the threshold that the other folds set
    is_music : np.ndarray [shape=(n,), dtype=bool], what a refused one is taken for
    """

    above: np.ndarray
    is_music: np.ndarray

    @property
    def refused(self) -> np.ndarray:
        return self.above > 0


class DetectorSearch:
    """All candidates for the detector, out of fold; `best` has the largest mean AUROC."""

    def __init__(self, worlds: TwoWorlds, choice: Choice, settings: WildSettings):
        self.worlds, self.choice, self.settings = worlds, choice, settings
        ood = settings.ood
        self.candidates = [
            Numbers(*numbers)
            for numbers in itertools.product(
                ood.clip_epsilons, ood.shrinkages, ood.temperatures, ood.penalties or (None,)
            )
        ]
        self._found: dict[tuple[float, ...], OutOfFold] = {}
        self.best = self._best(np.ones(len(worlds.wild), bool))

    def detector(self) -> tuple[ClassDetector, float]:
        """The best candidate, fitted on everything, and its threshold."""
        found = self._out_of_fold(self.best)
        inside = found.scores[:, :, self.worlds.known]
        members = [
            replace(
                fit(*self._examples(self._features(self.best), *self.worlds.everything())),
                centre=float(mine.mean()),
                scale=float(mine.std()),
            )
            for fit, mine in zip(self._fits(self.best), inside, strict=True)
        ]
        # As the members standardise: over all rounds at once.
        standardised = np.mean([(row - row.mean()) / row.std() for row in inside], axis=0)
        return ClassDetector(self.best.clip_epsilon, tuple(members)), threshold_of(
            standardised.ravel(), self.settings.ood.refused
        )

    def moments(self) -> ClassMoments:
        """What the best candidate's discriminant is fitted from."""
        rows = self.worlds.everything()
        x, classes, weights = self._examples(self._features(self.best), *rows)
        codes, y = np.unique(_by_kind(classes, self.settings.ood.kind_tracks), return_inverse=True)
        kinds = np.unique(self.worlds.wild.kinds)
        names = {OTHER_MUSIC: "other music", NO_MUSIC: "no music"} | dict(enumerate(GENRES))
        return collect_moments(
            x,
            y,
            weights,
            tuple(names[code] if code in names else str(kinds[code - KINDS]) for code in codes),
            int((codes < N_GENRES).sum()),
        )

    def judge(self, round_: int) -> JudgedOutside:
        """Judge the tracks of each fold by the candidate and the threshold of all other folds."""
        worlds = self.worlds
        above = np.zeros(len(worlds.wild))
        is_music = np.zeros(len(worlds.wild), bool)
        for _, held, _, _ in worlds.folds(round_):
            others = np.ones(len(worlds.wild), bool)
            others[held] = False
            found = self._out_of_fold(self._best(others, round_))
            inside = others & worlds.wild.is_known
            scores = _standardised(found.scores[:, round_], inside)
            above[held] = scores[held] - threshold_of(scores[inside], self.settings.ood.refused)
            is_music[held] = found.music[:, round_, held].mean(axis=0) >= 0
        return JudgedOutside(above, is_music)

    def _best(self, rows: np.ndarray, round_: int | None = None) -> Numbers:
        """The candidate that tells these rows apart best, in one round or in all."""
        wild = self.worlds.wild
        rounds = range(len(self.worlds.rounds)) if round_ is None else [round_]
        inside = rows & wild.is_known

        def worth(numbers: Numbers) -> float:
            found = self._out_of_fold(numbers)
            values = []
            for r in rounds:
                scores = _standardised(found.scores[:, r], inside)
                values += [
                    auroc(scores[inside], scores[rows & kind])
                    for kind in (wild.is_other_music, wild.is_no_music)
                ]
            return float(np.mean(values))

        return max(self.candidates, key=worth)

    def _out_of_fold(self, numbers: Numbers) -> OutOfFold:
        # A member is the same in all candidates that differ in the other member alone.
        keys: list[tuple[float, ...]] = [
            (numbers.clip_epsilon, numbers.shrinkage, numbers.temperature)
        ]
        if numbers.penalty is not None:
            keys.append((numbers.clip_epsilon, numbers.penalty))
        for key, fit in zip(keys, self._fits(numbers), strict=True):
            if key not in self._found:
                self._found[key] = self._cross_validate(self._features(numbers), fit)
        found = [self._found[key] for key in keys]
        return OutOfFold(
            np.stack([row.scores for row in found]), np.stack([row.music for row in found])
        )

    def _cross_validate(self, features: Features, fit: Callable[..., Member]) -> OutOfFold:
        worlds = self.worlds
        scores = np.zeros((len(worlds.rounds), len(worlds.wild)))
        music = np.zeros_like(scores)
        for r in range(len(worlds.rounds)):
            for learn, held, gtzan_learn, _ in worlds.folds(r):
                member = fit(*self._examples(features, learn, gtzan_learn))
                scores[r, held] = member.score(features.wild[held])
                music[r, held] = member.music_log_odds(features.wild[held])
        return OutOfFold(scores, music)

    def _features(self, numbers: Numbers) -> Features:
        name = DETECTOR_CLASSES if DETECTOR_CLASSES in self.worlds.classes else ""
        return self.worlds.features(numbers.clip_epsilon, name)

    def _fits(self, numbers: Numbers) -> Iterator[Callable[..., Member]]:
        """The members of a candidate, as functions of examples."""
        yield lambda x, classes, weights: _discriminant(
            x,
            _by_kind(classes, self.settings.ood.kind_tracks),
            weights,
            numbers.shrinkage,
            numbers.temperature,
        )
        if (penalty := numbers.penalty) is not None:
            yield lambda x, classes, weights: _regression(x, _by_kind(classes, 0), weights, penalty)

    def _examples(
        self, features: Features, wild_rows: np.ndarray, gtzan_rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inside and outside weigh the same; near kin and the ambiguous take no part."""
        worlds, ood, wild = self.worlds, self.settings.ood, self.worlds.wild
        features, _ = features.fill(worlds.music_of_the_ten(wild_rows), gtzan_rows)
        x, y, weights = worlds.examples(features, wild_rows, gtzan_rows, self.choice)
        parts = [(x, y, weights / weights.sum())]
        made = features.made
        synthetic = ood.synthetic_share if len(made) else 0.0
        for kind, labels, share in (
            (wild.is_other_music, self._kinds(), 1 - ood.no_music_share),
            (
                wild.is_no_music,
                np.full(len(wild), NO_MUSIC),
                ood.no_music_share * (1 - synthetic),
            ),
        ):
            rows = wild_rows[kind[wild_rows]]
            mine = worlds.wild_weights(rows, self.choice)
            parts.append((features.wild[rows], labels[rows], mine / mine.sum() * share))
        if len(made):
            each = ood.no_music_share * synthetic / len(made)
            parts.append((made, np.full(len(made), NO_MUSIC), np.full(len(made), each)))
        columns = zip(*parts, strict=True)
        joined_x, joined_y, joined_weights = (np.concatenate(column) for column in columns)
        return joined_x, joined_y, joined_weights

    def _kinds(self) -> np.ndarray:
        """A class for each kind of other music, [shape=(n,)]."""
        wild = self.worlds.wild
        names, codes = np.unique(wild.kinds, return_inverse=True)
        counts = np.bincount(codes[wild.is_other_music], minlength=len(names))
        large = counts >= max(self.settings.ood.kind_tracks, 1)
        return np.where(large[codes], KINDS + codes, OTHER_MUSIC)


def _by_kind(classes: np.ndarray, kind_tracks: int) -> np.ndarray:
    """Classes as a member tells them apart: with kinds, or with one class of other music."""
    if kind_tracks:
        return classes
    return np.where((classes >= KINDS) & (classes < NO_MUSIC), OTHER_MUSIC, classes)


def _discriminant(
    x: np.ndarray, classes: np.ndarray, weights: np.ndarray, shrinkage: float, temperature: float
) -> Member:
    names, codes = np.unique(classes, return_inverse=True)
    statistics = collect(x, codes, weights, len(names))
    kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=1.0)
    return Member(kernel, bias, int((names < N_GENRES).sum()), temperature=temperature)


def _regression(x: np.ndarray, classes: np.ndarray, weights: np.ndarray, penalty: float) -> Member:
    names, codes = np.unique(classes, return_inverse=True)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # a tag that never moves tells nothing
    model = LogisticRegression(C=penalty, max_iter=500)
    model.fit((x - mean) / scale, codes, sample_weight=weights / weights.mean())
    kernel = model.coef_.T / scale[:, None]
    return Member(kernel, model.intercept_ - mean @ kernel, int((names < N_GENRES).sum()))


def _standardised(scores: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The mean over members, each by its scores of the rows inside; (n_members, n) -> (n,)."""
    mine = scores[:, inside]
    centred = scores - mine.mean(axis=1, keepdims=True)
    return (centred / mine.std(axis=1, keepdims=True)).mean(axis=0)


def threshold_of(inside: np.ndarray, refused: float) -> float:
    """The score above which at most the share `refused` of the inside tracks lies."""
    return round(float(np.quantile(inside, 1 - refused, method="higher")), 4)
