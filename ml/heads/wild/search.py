"""Choosing the genre head: candidates, judged by the wild out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from ml.heads.class_statistics import collect
from ml.heads.mixed_discriminant import MixedDiscriminant, discriminant_logits
from ml.metrics.calibration import fit_temperature
from ml.registry.card import ModelCard
from ml.registry.recipe import RecipeError

from .examples import N_GENRES, Choice, TwoWorlds
from .settings import WildSettings


@dataclass(frozen=True)
class Result:
    """A candidate and what came out of fold.

    everything : np.ndarray [shape=(REPEATS, n_wild, n_genres)], logits of all wild tracks
    wild : np.ndarray [shape=(REPEATS, n_known, n_genres)], those of the wild tracks of the ten
    gtzan : np.ndarray [shape=(REPEATS, n_gtzan, n_genres)]
    """

    choice: Choice
    everything: np.ndarray
    wild: np.ndarray
    gtzan: np.ndarray


def cross_validate(worlds: TwoWorlds, choice: Choice) -> Result:
    """The logits of each track by heads that heard nothing of its place and its artist."""
    features = worlds.features(choice.clip_epsilon, choice.head_classes)
    wild = np.zeros((len(worlds.rounds), len(worlds.wild), N_GENRES))
    gtzan = np.zeros((len(worlds.rounds), len(worlds.gtzan.y), N_GENRES))
    for r in range(len(worlds.rounds)):
        for learn, held, gtzan_learn, gtzan_held in worlds.folds(r):
            filled, _ = features.fill(worlds.music_of_the_ten(learn), gtzan_learn)
            head = fit_head(*worlds.examples(filled, learn, gtzan_learn, choice), choice)
            kernel, bias = head.linear()
            wild[r, held] = filled.wild[held] @ kernel + bias
            gtzan[r, gtzan_held] = filled.gtzan[gtzan_held] @ kernel + bias
    return Result(choice, wild, wild[:, worlds.known], gtzan)


def held_out_heads(worlds: TwoWorlds, choice: Choice) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Heads that heard nothing of a GTZAN track's artist: its kernel and bias by track name."""
    features = worlds.features(choice.clip_epsilon, choice.head_classes)
    heads: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for learn, _, gtzan_learn, gtzan_held in worlds.folds(0):
        filled, _ = features.fill(worlds.music_of_the_ten(learn), gtzan_learn)
        head = fit_head(*worlds.examples(filled, learn, gtzan_learn, choice), choice).linear()
        heads |= {worlds.gtzan.names[i]: head for i in gtzan_held}
    return heads


def choice_of(card: ModelCard) -> Choice:
    """The candidate that a model was trained by, as its card tells. Raises RecipeError."""
    told: dict[str, Any] = {}
    if card.training and card.wild:
        extra = card.training.model_extra or {}
        told = extra | {"clip_epsilon": extra.get("floor")} | card.wild.model_dump()
    if missing := [name for name in Choice._fields if told.get(name) is None]:
        raise RecipeError(f"The card of {card.model_id} does not tell its {missing[0]}.")
    return Choice(*(told[name] for name in Choice._fields))


class Search:
    """Candidates for the head, judged by the wild out of fold.

    Begins with the first of each list of the settings, then tries the others of each list in turn,
    and goes on as long as that finds a better one. Of all that were tried and are about as good as
    the best, the one is taken that is best on GTZAN.
    """

    def __init__(self, worlds: TwoWorlds, settings: WildSettings):
        self.worlds, self.settings = worlds, settings
        self.results: dict[Choice, Result] = {}
        self._losses: dict[Choice, float] = {}
        first = [values[0] for values in self._lists()]
        choice = Choice._make([*first, settings.gtzan_artist_power])
        while True:
            before = choice
            for name, values in zip(Choice._fields, self._lists(), strict=False):
                choice = min((choice._replace(**{name: value}) for value in values), key=self._loss)
            if choice == before:
                break
        self.best = self._best(self._losses)

    def without_the_fold(self, round_: int) -> list[Result]:
        """Of each fold of a round, the candidate that the tracks of all other folds would choose.

        By the same rule as the best of all; nothing of the fold takes part, neither in the choice
        nor in the temperature. What still knows of it is which candidates were tried.
        """
        chosen = []
        for _, held, _, gtzan_held in self.worlds.folds(round_):
            others = ~np.isin(self.worlds.known, held)
            gtzan_others = np.ones(len(self.worlds.gtzan.y), bool)
            gtzan_others[gtzan_held] = False
            losses = {
                choice: self._loss_of(result.wild[round_ : round_ + 1, others], others)
                for choice, result in self.results.items()
            }
            chosen.append(self.results[self._best(losses, gtzan_others, round_)])
        return chosen

    def rows(self) -> list[dict[str, Any]]:
        """Of the candidates, for a card."""
        return [
            {
                "floor": choice.clip_epsilon,
                **({"head_classes": choice.head_classes} if choice.head_classes else {}),
                "shrinkage": choice.shrinkage,
                "mixing_penalty": choice.mixing_penalty,
                "class_power": choice.class_power,
                "world_weight": choice.world_weight,
                "place_power": choice.place_power,
                "artist_power": choice.artist_power,
                "weak_label_weight": choice.weak_label_weight,
                "accuracy": round(float((result.wild.argmax(axis=2) == self.worlds.y).mean()), 4),
                "loss": round(self._losses[choice], 4),
                "gtzan_accuracy": round(self._gtzan_accuracy(result), 4),
            }
            for choice, result in self.results.items()
        ]

    def _lists(self) -> list[tuple[Any, ...]]:
        """The candidates, in the order of the fields of a Choice."""
        s = self.settings
        return [
            s.clip_epsilons,
            s.head_classes,
            s.shrinkages,
            s.mixing_penalties,
            s.class_powers,
            s.world_weights,
            s.place_powers,
            s.artist_powers,
            s.weak_label_weights,
        ]

    def _loss(self, choice: Choice) -> float:
        if choice not in self._losses:
            result = self.results[choice] = cross_validate(self.worlds, choice)
            everything = np.ones(len(self.worlds.y), bool)
            self._losses[choice] = self._loss_of(result.wild, everything)
        return self._losses[choice]

    def _loss_of(self, logits: np.ndarray, rows: np.ndarray) -> float:
        """The balanced log loss of logits [shape=(rounds, n, n_genres)] of these known tracks."""
        y = self.worlds.y[rows]
        temperature = fit_temperature(np.concatenate(list(logits)), np.tile(y, len(logits)))
        losses = -log_softmax(logits / temperature, axis=2)[:, np.arange(len(y)), y]
        return float(np.mean([balanced(row, y) for row in losses]))

    def _best(
        self,
        losses: dict[Choice, float],
        gtzan_rows: np.ndarray | None = None,
        round_: int | None = None,
    ) -> Choice:
        least = min(losses.values())
        near = [c for c, loss in losses.items() if loss <= least + self.settings.tolerance]
        return max(near, key=lambda c: self._gtzan_accuracy(self.results[c], gtzan_rows, round_))

    def _gtzan_accuracy(
        self, result: Result, rows: np.ndarray | None = None, round_: int | None = None
    ) -> float:
        right = result.gtzan.argmax(axis=2) == self.worlds.gtzan.y
        right = right if round_ is None else right[round_ : round_ + 1]
        return float((right if rows is None else right[:, rows]).mean())


def balanced(losses: np.ndarray, y: np.ndarray) -> float:
    """The mean over tracks and the mean over genres, half and half.

    By tracks alone a rare genre would not count; by genres alone a few tracks of one would decide.
    """
    by_genre = [losses[y == genre].mean() for genre in np.unique(y)]
    return float((losses.mean() + np.mean(by_genre)) / 2)


def fit_head(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, choice: Choice
) -> MixedDiscriminant:
    """Fit the discriminant, and the regression that mixes its logits."""
    statistics = collect(x, y, weights, N_GENRES)
    kernel, bias = discriminant_logits(statistics, choice.shrinkage)
    logits = x @ kernel + bias
    scale = logits.std()
    by_genre = np.bincount(y, weights, N_GENRES)
    counts = weights * by_genre[y] ** -choice.class_power
    mixing = LogisticRegression(C=choice.mixing_penalty, max_iter=500)
    mixing.fit(logits / scale, y, sample_weight=counts / counts.mean())
    return MixedDiscriminant(
        statistics, choice.shrinkage, mixing.coef_.T / scale, mixing.intercept_
    )
