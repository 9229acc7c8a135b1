"""Choosing the genre head: candidates, judged by the wild out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml.heads.class_statistics import collect
from ml.metrics.calibration import fit_temperature
from ml.probabilities import softmax

from .examples import N_GENRES, Choice, TwoWorlds
from .settings import WildSettings


@dataclass(frozen=True)
class Result:
    """A candidate and what came out of fold.

    wild : np.ndarray [shape=(REPEATS, n_known, n_genres)], logits of the wild tracks of the ten
    gtzan : np.ndarray [shape=(REPEATS, n_gtzan, n_genres)]
    """

    choice: Choice
    wild: np.ndarray
    gtzan: np.ndarray


def cross_validate(worlds: TwoWorlds, choice: Choice) -> Result:
    """The logits of each track by heads that heard nothing of its place and its artist."""
    wild_x, gtzan_x, _ = worlds.log_odds(choice.clip_epsilon)
    wild = np.zeros((len(worlds.rounds), len(worlds.wild), N_GENRES))
    gtzan = np.zeros((len(worlds.rounds), len(worlds.gtzan.y), N_GENRES))
    for r, dealt in enumerate(worlds.rounds):
        for (learn, held), (gtzan_learn, gtzan_held) in zip(dealt.wild, dealt.gtzan, strict=True):
            kernel, bias = fit_head(*worlds.examples(learn, gtzan_learn, choice), choice)
            wild[r, held] = wild_x[held] @ kernel + bias
            gtzan[r, gtzan_held] = gtzan_x[gtzan_held] @ kernel + bias
    return Result(choice, wild[:, worlds.known], gtzan)


class Search:
    """Candidates for the head, judged by the wild out of fold.

    Begins with the first of each list of the settings, then tries the others of each list in turn,
    and goes on as long as that finds a better one. Of all that were tried and are about as good as
    the best, the one is taken that is best on GTZAN.
    """

    def __init__(self, worlds: TwoWorlds, settings: WildSettings):
        self.worlds, self.settings = worlds, settings
        self._losses: dict[Choice, np.ndarray] = {}
        self._right: dict[Choice, np.ndarray] = {}
        self._gtzan: dict[Choice, float] = {}
        first = [values[0] for values in self._lists()]
        choice = Choice._make([*first, settings.gtzan_artist_power])
        while True:
            before = choice
            for name, values in zip(Choice._fields, self._lists(), strict=False):
                choice = min((choice._replace(**{name: value}) for value in values), key=self._loss)
            if choice == before:
                break
        least = min(map(self._loss, self._losses))
        near = [c for c in self._losses if self._loss(c) <= least + settings.tolerance]
        self.best = max(near, key=lambda c: self._gtzan[c])

    def accuracy_chosen_without_the_fold(self) -> float:
        """Accuracy in the wild where each fold's candidate is the best of the other folds' tracks.

        Less of what choosing the best of many flatters is left in it; not none, because the
        candidates and the temperature of each are those of a search on all folds.
        """
        worlds = self.worlds
        losses = np.stack(list(self._losses.values()))
        right = np.stack(list(self._right.values()))
        hits = 0
        for r, dealt in enumerate(worlds.rounds):
            for _, held in dealt.wild:
                mine = np.isin(worlds.known, held)
                if mine.any():
                    means = [balanced(row[r, ~mine], worlds.y[~mine]) for row in losses]
                    hits += int(right[int(np.argmin(means)), r, mine].sum())
        return round(hits / (len(worlds.rounds) * len(worlds.y)), 4)

    def rows(self) -> list[dict[str, Any]]:
        """Of the candidates, for a card."""
        return [
            {
                "floor": choice.clip_epsilon,
                "shrinkage": choice.shrinkage,
                "mixing_penalty": choice.mixing_penalty,
                "class_power": choice.class_power,
                "world_weight": choice.world_weight,
                "place_power": choice.place_power,
                "artist_power": choice.artist_power,
                "weak_label_weight": choice.weak_label_weight,
                "accuracy": round(float(self._right[choice].mean()), 4),
                "loss": round(self._loss(choice), 4),
                "gtzan_accuracy": round(self._gtzan[choice], 4),
            }
            for choice in self._losses
        ]

    def _lists(self) -> list[tuple[float, ...]]:
        """The candidates, in the order of the fields of a Choice."""
        s = self.settings
        return [
            s.clip_epsilons,
            s.shrinkages,
            s.mixing_penalties,
            s.class_powers,
            s.world_weights,
            s.place_powers,
            s.artist_powers,
            s.weak_label_weights,
        ]

    def _judge(self, choice: Choice) -> None:
        result = cross_validate(self.worlds, choice)
        y = np.tile(self.worlds.y, len(result.wild))
        temperature = fit_temperature(np.concatenate(list(result.wild)), y)
        probabilities = softmax(result.wild / temperature)
        own = probabilities[:, np.arange(len(self.worlds.y)), self.worlds.y]
        self._losses[choice] = -np.log(own)
        self._right[choice] = result.wild.argmax(axis=2) == self.worlds.y
        self._gtzan[choice] = float((result.gtzan.argmax(axis=2) == self.worlds.gtzan.y).mean())

    def _loss(self, choice: Choice) -> float:
        if choice not in self._losses:
            self._judge(choice)
        rounds = self._losses[choice]
        return float(np.mean([balanced(row, self.worlds.y) for row in rounds]))


def balanced(losses: np.ndarray, y: np.ndarray) -> float:
    """The mean over tracks and the mean over genres, half and half.

    By tracks alone a rare genre would not count; by genres alone a few tracks of one would decide.
    """
    by_genre = [losses[y == genre].mean() for genre in np.unique(y)]
    return float((losses.mean() + np.mean(by_genre)) / 2)


def fit_head(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, choice: Choice
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias: a discriminant whose logits are mixed by a small regression.

    The discriminant takes its classes for Gaussian and is far too sure where they are not; the
    regression learns from the same examples how much each of its ten logits says. Both are linear,
    and so is what they give together.
    """
    kernel, bias = collect(x, y, weights, N_GENRES).linear(
        shrinkage=choice.shrinkage, prior_power=0.0
    )
    # Only differences between the logits mean anything.
    kernel = kernel - kernel.mean(axis=1, keepdims=True)
    bias = bias - bias.mean()
    logits = x @ kernel + bias
    scale = logits.std()
    by_genre = np.bincount(y, weights, N_GENRES)
    counts = weights * by_genre[y] ** -choice.class_power
    mixing = LogisticRegression(C=choice.mixing_penalty, max_iter=500)
    mixing.fit(logits / scale, y, sample_weight=counts / counts.mean())
    mix = mixing.coef_.T / scale
    return kernel @ mix, bias @ mix + mixing.intercept_
