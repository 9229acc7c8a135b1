"""The tracks of GTZAN and of the wild, with their features, folds and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache, place_folds
from ml.heads.discriminant import artist_weights
from ml.heads.imputation import Imputation, fit_imputation
from ml.heads.linear_head import log_odds

FOLDS = 10
REPEATS = 5
N_GENRES = len(GENRES)
N_TAGS = 50
Folds = list[tuple[np.ndarray, np.ndarray]]


class Choice(NamedTuple):
    """One candidate for the head, see `WildSettings`; the order is that of the search."""

    clip_epsilon: float
    head_classes: str
    shrinkage: float
    mixing_penalty: float
    class_power: float
    world_weight: float
    place_power: float
    artist_power: float
    weak_label_weight: float
    gtzan_artist_power: float


@dataclass(frozen=True)
class Round:
    """One dealing of folds; the i-th of the wild and the i-th of GTZAN are held out together."""

    wild: Folds
    gtzan: Folds


@dataclass(frozen=True)
class Features:
    """Track means of the features of one candidate.

    wild : np.ndarray [shape=(n, d)], gtzan : np.ndarray [shape=(m, d)], made : np.ndarray
        [shape=(k, d)], synthetic negatives. YAMNet's columns, after the 50 of MusiCNN's tags, are
        NaN where a track of GTZAN has none
    """

    wild: np.ndarray
    gtzan: np.ndarray
    made: np.ndarray

    def fill(self, wild_rows: np.ndarray, gtzan_rows: np.ndarray) -> tuple[Features, Imputation]:
        """Predict what GTZAN's tracks lack, by what these rows of both worlds have."""
        imputation = fit_imputation(
            np.concatenate([self.wild[wild_rows], self.gtzan[gtzan_rows]]), N_TAGS
        )
        return Features(self.wild, imputation.fill(self.gtzan), self.made), imputation


class TwoWorlds:
    """The tracks of both worlds with their folds, and their features by candidate.

    classes : sets of YAMNet's classes by name, "" for none; the caches have YAMNet's logits where
        any other is asked for
    """

    def __init__(
        self,
        gtzan: Examples,
        wild: LabelledCache,
        negatives: Mapping[str, Sequence[np.ndarray]] | None,
        seed: int,
        classes: Mapping[str, Sequence[int]] | None = None,
    ):
        self.gtzan, self.wild = gtzan, wild
        self.classes = {"": ()} | dict(classes or {})
        self.negatives = [tags for kind in (negatives or {}).values() for tags in kind]
        self.known = np.flatnonzero(wild.is_known)
        self.y = wild.y[self.known]
        self.gtzan_groups = np.unique(gtzan.groups, return_inverse=True)[1]
        self.rounds = [self._deal(seed + repeat) for repeat in range(REPEATS)]
        self._places = np.unique(wild.places, return_inverse=True)[1]
        self._artists = np.unique(wild.artist_ids, return_inverse=True)[1]
        self._tags: dict[float, Features] = {}

    def features(self, clip_epsilon: float, classes: str = "") -> Features:
        """Log odds of MusiCNN's tags and of the scores of a set of YAMNet's classes."""
        if clip_epsilon not in self._tags:

            def features(tags: np.ndarray) -> np.ndarray:
                return log_odds(tags.astype(np.float64), clip_epsilon)

            made = [features(tags).mean(axis=0) for tags in self.negatives]
            self._tags[clip_epsilon] = Features(
                self.wild.means(features),
                self.gtzan.means(features),
                np.array(made).reshape(-1, N_TAGS),
            )
        tags, columns = self._tags[clip_epsilon], list(self.classes[classes])
        if not columns:
            return tags
        wild, gtzan = self.wild.yamnet_logits, self.gtzan.yamnet_logits
        return Features(
            np.concatenate([tags.wild, wild[:, columns]], axis=1),
            np.concatenate([tags.gtzan, gtzan[:, columns]], axis=1),
            np.zeros((0, N_TAGS + len(columns))),
        )

    def wild_weights(self, rows: np.ndarray, choice: Choice) -> np.ndarray:
        """Of wild tracks, so that no place and no artist drowns the others; the mean is 1."""
        if not len(rows):
            return np.zeros(0)
        weak = np.where(self.wild.strengths[rows] == "B", choice.weak_label_weight, 1.0)
        weights = (
            weak
            * _sizes(self._places[rows]) ** -choice.place_power
            * _sizes(self._artists[rows]) ** -choice.artist_power
        )
        return weights / weights.mean()

    def gtzan_weights(self, rows: np.ndarray, choice: Choice) -> np.ndarray:
        """Of GTZAN's tracks; the mean is 1."""
        return artist_weights(self.gtzan_groups[rows], choice.gtzan_artist_power)

    def fair_weights(self, place_power: float) -> np.ndarray:
        """Of answers about the wild tracks of the ten, so that no place drowns the others."""
        weights = _sizes(self._places[self.known]) ** -place_power
        return weights / weights.mean()

    def music_of_the_ten(self, wild_rows: np.ndarray) -> np.ndarray:
        return wild_rows[self.wild.is_known[wild_rows]]

    def examples(
        self, features: Features, wild_rows: np.ndarray, gtzan_rows: np.ndarray, choice: Choice
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features, classes and weights of music of the ten: GTZAN's weighs 1, the wild its own."""
        mine = self.music_of_the_ten(wild_rows)
        weights = (
            self.gtzan_weights(gtzan_rows, choice) / len(gtzan_rows),
            self.wild_weights(mine, choice) / max(len(mine), 1) * choice.world_weight,
        )
        return (
            np.concatenate([features.gtzan[gtzan_rows], features.wild[mine]]),
            np.concatenate([self.gtzan.y[gtzan_rows], self.wild.y[mine]]),
            np.concatenate(weights),
        )

    def everything(self) -> tuple[np.ndarray, np.ndarray]:
        """All rows of the wild and of GTZAN."""
        return np.arange(len(self.wild)), np.arange(len(self.gtzan.y))

    def folds(self, round_: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """(learn, held out) rows of the wild and of GTZAN, fold by fold of a round."""
        dealt = self.rounds[round_]
        return [(*wild, *gtzan) for wild, gtzan in zip(dealt.wild, dealt.gtzan, strict=True)]

    def _deal(self, seed: int) -> Round:
        """Deal folds; an artist who is held out in one world is not learned from in the other."""
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        gtzan_folds = splitter.split(np.zeros(len(self.gtzan.y)), self.gtzan.y, self.gtzan_groups)
        mine, theirs = _folded(self.gtzan.groups), _folded(self.wild.artist_ids)
        wild, gtzan = [], []
        for (learn, held), (gtzan_learn, gtzan_held) in zip(
            place_folds(self.wild, FOLDS, seed), gtzan_folds, strict=True
        ):
            wild.append((learn[~np.isin(theirs[learn], mine[gtzan_held])], held))
            gtzan.append((gtzan_learn[~np.isin(mine[gtzan_learn], theirs[held])], gtzan_held))
        return Round(wild, gtzan)


def _folded(names: Sequence[str] | np.ndarray) -> np.ndarray:
    """Names of artists to compare across collections."""
    return np.array([str(name).casefold().strip() for name in names])


def _sizes(codes: np.ndarray) -> np.ndarray:
    """How many rows have each row's code, [shape=(n,), dtype=float64]."""
    return np.bincount(codes)[codes].astype(np.float64)
