"""The tracks of GTZAN and of the wild, with their folds and weights."""

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
from ml.heads.linear_head import log_odds

FOLDS = 10
REPEATS = 5
N_GENRES = len(GENRES)
Folds = list[tuple[np.ndarray, np.ndarray]]


class Choice(NamedTuple):
    """One candidate for the head, see `WildSettings`; the order is that of the search."""

    clip_epsilon: float
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


class TwoWorlds:
    """The tracks of both worlds with their folds, and their log odds by clip epsilon."""

    def __init__(
        self,
        gtzan: Examples,
        wild: LabelledCache,
        negatives: Mapping[str, Sequence[np.ndarray]] | None,
        seed: int,
    ):
        self.gtzan, self.wild = gtzan, wild
        self.negatives = [tags for kind in (negatives or {}).values() for tags in kind]
        self.known = np.flatnonzero(wild.is_known)
        self.y = wild.y[self.known]
        self.gtzan_groups = np.unique(gtzan.groups, return_inverse=True)[1]
        self.rounds = [self._deal(seed + repeat) for repeat in range(REPEATS)]
        self._places = np.unique(wild.places, return_inverse=True)[1]
        self._artists = np.unique(wild.artist_ids, return_inverse=True)[1]
        self._x: dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def log_odds(self, clip_epsilon: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of all wild tracks, of GTZAN's, and of the synthetic negatives; [shape=(n, 50)] each."""
        if clip_epsilon not in self._x:

            def features(tags: np.ndarray) -> np.ndarray:
                return log_odds(tags.astype(np.float64), clip_epsilon)

            made = [features(tags).mean(axis=0) for tags in self.negatives]
            self._x[clip_epsilon] = (
                self.wild.means(features),
                self.gtzan.means(features),
                np.array(made).reshape(-1, 50),
            )
        return self._x[clip_epsilon]

    def wild_weights(self, rows: np.ndarray, choice: Choice) -> np.ndarray:
        """Of wild tracks, so that no place and no artist drowns the others; the mean is 1."""
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

    def examples(
        self, wild_rows: np.ndarray, gtzan_rows: np.ndarray, choice: Choice
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log odds, classes and weights of music of the ten: GTZAN's weighs 1, the wild its own."""
        wild_x, gtzan_x, _ = self.log_odds(choice.clip_epsilon)
        mine = wild_rows[self.wild.is_known[wild_rows]]
        weights = (
            self.gtzan_weights(gtzan_rows, choice) / len(gtzan_rows),
            self.wild_weights(mine, choice) / len(mine) * choice.world_weight,
        )
        return (
            np.concatenate([gtzan_x[gtzan_rows], wild_x[mine]]),
            np.concatenate([self.gtzan.y[gtzan_rows], self.wild.y[mine]]),
            np.concatenate(weights),
        )

    def everything(self) -> tuple[np.ndarray, np.ndarray]:
        """All rows of the wild and of GTZAN."""
        return np.arange(len(self.wild)), np.arange(len(self.gtzan.y))

    def _deal(self, seed: int) -> Round:
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        gtzan = splitter.split(np.zeros(len(self.gtzan.y)), self.gtzan.y, self.gtzan_groups)
        return Round(place_folds(self.wild, FOLDS, seed), list(gtzan))


def _sizes(codes: np.ndarray) -> np.ndarray:
    """How many rows have each row's code, [shape=(n,), dtype=float64]."""
    return np.bincount(codes)[codes].astype(np.float64)
