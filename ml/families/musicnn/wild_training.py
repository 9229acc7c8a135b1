"""Training the genre head on two worlds: GTZAN's training tracks and labelled wild recordings.

The head is a linear discriminant (`.class_statistics`) of the log odds of the tags, whose ten
logits are mixed by a small regression. Everything is chosen by cross-validation in which whole
places and whole artists are held out, and by how the wild tracks come out of it; GTZAN's tracks
come out of the same folds and decide between equals.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache, place_folds
from ml.errors import DatasetError
from ml.families.linear_head import LinearHead, log_odds
from ml.metrics.calibration import (
    MIN_TRACKS,
    expected_calibration_error,
    fit_calibration,
    fit_confidence_levels,
    fit_temperature,
    reliability,
)
from ml.metrics.confidence import confidence_of
from ml.metrics.scores import auroc, macro_f1, score, score_ood
from ml.probabilities import Calibration, softmax, to_probabilities
from ml.registry.card import ConfidenceLevel

from .class_detector import ClassDetector, outside_log_odds
from .class_statistics import ClassStatistics, collect
from .discriminant import artist_weights
from .training import Trained
from .wild_settings import WildSettings

FOLDS = 10
REPEATS = 5
N_GENRES = len(GENRES)
# The classes of the detector after the genres.
OTHER_MUSIC, NO_MUSIC = N_GENRES, N_GENRES + 1
SCHEME = (
    f"{FOLDS} folds, {REPEATS} times, each track by models that heard nothing of its place and "
    "nothing of its artist"
)

LIMITS = [
    "It knows ten genres: as one collection from around 2001 understood them, and as the labels of "
    "many public places do. These disagree, most of all on rock, pop and metal.",
    "Some of those labels are wrong: nobody listened to each recording.",
    "Of disco, blues, reggae and country it knew few recordings outside one collection, and takes "
    "much for blues, disco and reggae that is none.",
    "Of music of other genres it refuses less than half; the rest gets one of the ten.",
    "The artists of the many places were not compared with those of the collection's test part.",
]

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


@dataclass(frozen=True)
class Result:
    """A candidate and what came out of fold.

    wild : np.ndarray [shape=(REPEATS, n_known, n_genres)], logits of the wild tracks of the ten
    gtzan : np.ndarray [shape=(REPEATS, n_gtzan, n_genres)]
    """

    choice: Choice
    wild: np.ndarray
    gtzan: np.ndarray


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


def train_on_two_worlds(
    gtzan: Examples,
    wild: LabelledCache,
    settings: WildSettings,
    *,
    negatives: Mapping[str, Sequence[np.ndarray]] | None = None,
    seed: int = 0,
) -> tuple[Trained, dict[str, Any]]:
    """Choose, fit and calibrate a head and a detector.

    Parameters
    ----------
    negatives : tags of synthetic sounds that are no music, by kind, for the detector

    Returns
    -------
    trained, sections : the sections are those of a card that tell of the wild: `wild`, `metrics`
    """
    _check(gtzan, wild)
    worlds = TwoWorlds(gtzan, wild, negatives, seed)
    search = _Search(worlds, settings)
    choice = search.best
    result = cross_validate(worlds, choice)
    detector, ood_scores, ood_report = _choose_detector(worlds, choice, settings)

    fair = worlds.fair_weights(settings.fair_place_power)
    answers = Answers(
        np.concatenate(list(result.wild)),
        np.tile(worlds.y, len(worlds.rounds)),
        np.tile(fair, len(worlds.rounds)),
    )
    calibration, levels = answers.calibrate(settings.sure, len(worlds.rounds))
    judged = [
        judge_words(worlds, result, r, fair, settings.sure) for r in range(len(worlds.rounds))
    ]
    probabilities = np.concatenate([found.probabilities for found in judged])
    threshold = _threshold(ood_scores[0][worlds.known], settings.ood.refused)

    x, y, weights = worlds.examples(*worlds.everything(), choice)
    kernel, bias = _fit_head(x, y, weights, choice)
    tags = np.concatenate(
        [gtzan.means(lambda patches: patches), wild.means(lambda patches: patches)[worlds.known]]
    )
    accuracies = [float((logits.argmax(axis=1) == worlds.y).mean()) for logits in result.wild]
    report = {
        # Of the tracks that cross-validation judges: those of the wild.
        "n_tracks": len(worlds.known),
        "n_artists": len(set(wild.artist_ids[worlds.known].tolist())),
        "floor": choice.clip_epsilon,
        "shrinkage": choice.shrinkage,
        "mixing_penalty": choice.mixing_penalty,
        "class_power": choice.class_power,
        **calibration.model_dump(),
        "seed": seed,
        "cross_validation": {
            "scheme": SCHEME,
            "repeats": len(worlds.rounds),
            "accuracy": round(float(np.mean(accuracies)), 4),
            "accuracy_std_of_repeats": round(float(np.std(accuracies)), 4),
            "macro_f1": round(macro_f1(answers.logits, answers.y), 4),
            "ece": round(expected_calibration_error(probabilities, answers.y), 4),
            "reliability": [
                row | {"n": round(row["n"] / len(worlds.rounds))}
                for row in reliability(probabilities, answers.y)
            ],
            "candidates": search.rows(),
        },
    }
    trained = Trained(
        head=LinearHead(kernel, bias, np.average(x, axis=0, weights=weights), choice.clip_epsilon),
        calibration=calibration,
        confidence_levels=_as_found(levels, judged, worlds.y, fair),
        tag_means=np.average(tags, axis=0, weights=weights),
        raise_to_db=settings.raise_to_db,
        ood_detector=detector,
        ood_report=ood_report
        | {
            "threshold": threshold,
            "refused_of_training": _share(ood_scores[0][worlds.known] > threshold),
        },
        report=report,
    )
    sections = {
        "wild": describe(wild, choice)
        | {
            "fair_place_power": settings.fair_place_power,
            "accuracy_chosen_without_the_fold": search.accuracy_chosen_without_the_fold(),
        },
        "limits": LIMITS,
        "metrics": {
            "wild_out_of_fold": _wild_scores(worlds, judged[0], ood_scores[0], settings),
            "gtzan_out_of_fold": score(
                to_probabilities(result.gtzan[0], calibration), gtzan.y, GENRES
            ),
        },
    }
    return trained, sections


def cross_validate(worlds: TwoWorlds, choice: Choice) -> Result:
    """The logits of each track by heads that heard nothing of its place and its artist."""
    wild_x, gtzan_x, _ = worlds.log_odds(choice.clip_epsilon)
    wild = np.zeros((len(worlds.rounds), len(worlds.wild), N_GENRES))
    gtzan = np.zeros((len(worlds.rounds), len(worlds.gtzan.y), N_GENRES))
    for r, dealt in enumerate(worlds.rounds):
        for (learn, held), (gtzan_learn, gtzan_held) in zip(dealt.wild, dealt.gtzan, strict=True):
            kernel, bias = _fit_head(*worlds.examples(learn, gtzan_learn, choice), choice)
            wild[r, held] = wild_x[held] @ kernel + bias
            gtzan[r, gtzan_held] = gtzan_x[gtzan_held] @ kernel + bias
    return Result(choice, wild[:, worlds.known], gtzan)


def describe(wild: LabelledCache, choice: Choice) -> dict[str, Any]:
    """The section `wild` of a card: what the second world was made of, and how it weighed."""
    known = wild.is_known
    return {
        "n_tracks": int(known.sum()),
        "n_places": len(set(wild.places[known].tolist())),
        "n_artists_named": len(set(wild.artists[known].tolist()) - {""}),
        "tracks_without_artist": int((wild.artists[known] == "").sum()),
        "tracks_by_genre": dict(sorted(Counter(wild.labels[known].tolist()).items())),
        "tracks_with_weak_label": int((wild.strengths[known] == "B").sum()),
        "largest_places": sorted(Counter(wild.places[known].tolist()).values(), reverse=True)[:3],
        "other_music": int(wild.is_other_music.sum()),
        "no_music": int(wild.is_no_music.sum()),
        "places_of_these": len(set(wild.places[wild.roles == "out"].tolist())),
        "near_kin": int((wild.roles == "near").sum()),
        "ambiguous": int((wild.roles == "amb").sum()),
        "world_weight": choice.world_weight,
        "place_power": choice.place_power,
        "artist_power": choice.artist_power,
        "weak_label_weight": choice.weak_label_weight,
        "gtzan_artist_power": choice.gtzan_artist_power,
        "fingerprints": "".join(wild.fingerprints),
    }


@dataclass(frozen=True)
class Answers:
    """Logits out of fold [shape=(n, n_genres)], the truth (n,), what each answer weighs (n,)."""

    logits: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> Answers:
        return Answers(self.logits[rows], self.y[rows], self.weights[rows])

    def calibrate(self, sure: float, repeats: int = 1) -> tuple[Calibration, list[dict[str, Any]]]:
        calibration = fit_calibration(self.logits, self.y, self.weights)
        probabilities = to_probabilities(self.logits, calibration)
        return calibration, fit_confidence_levels(
            probabilities, self.y, sure=sure, repeats=repeats, weights=self.weights
        )


class _Search:
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
        """Accuracy in the wild where each fold's candidate was chosen by the other folds alone.

        What the choice of the best of many flatters is left out of this one.
        """
        worlds = self.worlds
        losses = np.stack(list(self._losses.values()))
        right = np.stack(list(self._right.values()))
        hits = 0
        for r, dealt in enumerate(worlds.rounds):
            for _, held in dealt.wild:
                mine = np.isin(worlds.known, held)
                if mine.any():
                    means = [_balanced(row[r, ~mine], worlds.y[~mine]) for row in losses]
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
        return float(np.mean([_balanced(row, self.worlds.y) for row in rounds]))


def _balanced(losses: np.ndarray, y: np.ndarray) -> float:
    """The mean over tracks and the mean over genres, half and half.

    By tracks alone a rare genre would not count; by genres alone a few tracks of one would decide.
    """
    by_genre = [losses[y == genre].mean() for genre in np.unique(y)]
    return float((losses.mean() + np.mean(by_genre)) / 2)


def _fit_head(
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


def _choose_detector(
    worlds: TwoWorlds, choice: Choice, settings: WildSettings
) -> tuple[ClassDetector, np.ndarray, dict[str, Any]]:
    """The detector, its scores of all wild tracks out of fold (REPEATS, n), and its report."""
    ood = settings.ood
    best: tuple[float, np.ndarray, tuple[float, float, float]] | None = None
    for numbers in itertools.product(ood.clip_epsilons, ood.shrinkages, ood.temperatures):
        scores = _detector_scores(worlds, choice, settings, *numbers)
        known, wild = worlds.known, worlds.wild
        worth = np.mean(
            [
                auroc(row[known], row[kind])
                for row in scores
                for kind in (wild.is_other_music, wild.is_no_music)
            ]
        )
        if best is None or worth > best[0]:
            best = float(worth), scores, numbers
    assert best is not None  # noqa: S101  the lists of candidates are never empty
    _, scores, (clip_epsilon, shrinkage, temperature) = best
    statistics = _detector_statistics(worlds, *worlds.everything(), clip_epsilon, choice, settings)
    kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=1.0)
    report = {
        "method": "a linear discriminant of the ten genres, music of other genres and no music, "
        "on the log odds of the tags, which learned from real music of other genres",
        "left_out": {},
        "made_sounds": len(worlds.negatives),
    }
    return ClassDetector(clip_epsilon, kernel, bias, N_GENRES, temperature), scores, report


def _detector_scores(
    worlds: TwoWorlds,
    choice: Choice,
    settings: WildSettings,
    clip_epsilon: float,
    shrinkage: float,
    temperature: float,
) -> np.ndarray:
    """Of all wild tracks out of fold, [shape=(REPEATS, n)]."""
    x, _, _ = worlds.log_odds(clip_epsilon)
    scores = np.zeros((len(worlds.rounds), len(worlds.wild)))
    for r, dealt in enumerate(worlds.rounds):
        for (learn, held), (gtzan_learn, _) in zip(dealt.wild, dealt.gtzan, strict=True):
            statistics = _detector_statistics(
                worlds, learn, gtzan_learn, clip_epsilon, choice, settings
            )
            kernel, bias = statistics.linear(shrinkage=shrinkage, prior_power=1.0)
            scores[r, held] = outside_log_odds((x[held] @ kernel + bias) / temperature, N_GENRES)
    return scores


def _detector_statistics(
    worlds: TwoWorlds,
    wild_rows: np.ndarray,
    gtzan_rows: np.ndarray,
    clip_epsilon: float,
    choice: Choice,
    settings: WildSettings,
) -> ClassStatistics:
    """Inside and outside weigh the same; near kin and the ambiguous take no part."""
    ood, wild = settings.ood, worlds.wild
    wild_x, _, made = worlds.log_odds(clip_epsilon)
    x, y, weights = worlds.examples(
        wild_rows, gtzan_rows, choice._replace(clip_epsilon=clip_epsilon)
    )
    parts = [(x, y, weights / weights.sum())]
    synthetic = ood.synthetic_share if len(made) else 0.0
    for kind, label, share in (
        (wild.is_other_music, OTHER_MUSIC, 1 - ood.no_music_share),
        (wild.is_no_music, NO_MUSIC, ood.no_music_share * (1 - synthetic)),
    ):
        rows = wild_rows[kind[wild_rows]]
        mine = worlds.wild_weights(rows, choice)
        parts.append((wild_x[rows], np.full(len(rows), label), mine / mine.sum() * share))
    if len(made):
        each = ood.no_music_share * synthetic / len(made)
        parts.append((made, np.full(len(made), NO_MUSIC), np.full(len(made), each)))
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return collect(joined[0], joined[1], joined[2], N_GENRES + 2)


@dataclass(frozen=True)
class Judged:
    """Answers about the wild tracks of the ten, as another place's visitor would have got them.

    probabilities : np.ndarray [shape=(n_known, n_genres)]
    words : np.ndarray [shape=(n_known,)], the confidence level of each
    """

    probabilities: np.ndarray
    words: np.ndarray


def judge_words(
    worlds: TwoWorlds, result: Result, round_: int, fair: np.ndarray, sure: float
) -> Judged:
    """Calibrate the answers of each fold, and give them their words, by those of the other folds.

    So the words are judged on places that took no part in setting where they begin.
    """
    answers = Answers(result.wild[round_], worlds.y, fair)
    probabilities = np.zeros_like(answers.logits)
    words = np.full(len(worlds.y), "", dtype=object)
    for _, held in worlds.rounds[round_].wild:
        mine = np.isin(worlds.known, held)
        if not mine.any():
            continue
        calibration, levels = answers.take(~mine).calibrate(sure)
        rules = [ConfidenceLevel.model_validate(row) for row in levels]
        probabilities[mine] = to_probabilities(answers.logits[mine], calibration)
        found = [confidence_of(row, rules) for row in probabilities[mine]]
        words[mine] = [confidence.key if confidence else "" for confidence in found]
    return Judged(probabilities, words)


def _as_found(
    levels: Sequence[dict[str, Any]], judged: Sequence[Judged], y: np.ndarray, fair: np.ndarray
) -> list[dict[str, Any]]:
    """Levels whose shares are those that were found on places that did not set them.

    The shares by which a level was set flatter: it begins where they are just high enough.
    """
    probabilities = np.concatenate([found.probabilities for found in judged])
    words = np.concatenate([found.words for found in judged])
    order = np.argsort(-probabilities, axis=1)
    truth, weights = np.tile(y, len(judged)), np.tile(fair, len(judged))
    right = order[:, 0] == truth
    first_two = right | (order[:, 1] == truth)
    rows = []
    for level in levels:
        mine = words == level["word"]
        if mine.sum() >= MIN_TRACKS * len(judged):
            level = level | {
                "right": round(float(np.average(right[mine], weights=weights[mine])), 4),
                "first_two": round(float(np.average(first_two[mine], weights=weights[mine])), 4),
            }
        rows.append(level)
    return rows


def _wild_scores(
    worlds: TwoWorlds, judged: Judged, scores: np.ndarray, settings: WildSettings
) -> dict[str, Any]:
    """The part `wild_out_of_fold` of a card, of one round.

    scores : np.ndarray [shape=(n,)], of the detector, of all wild tracks out of fold
    """
    wild, y = worlds.wild, worlds.y
    inside = scores[worlds.known]
    # Scores less a threshold that was set by the other folds.
    above = np.zeros(len(wild))
    for _, held in worlds.rounds[0].wild:
        others = inside[~np.isin(worlds.known, held)]
        above[held] = scores[held] - _threshold(others, settings.ood.refused)
    kinds = {
        "other music": wild.is_other_music,
        "near kin": wild.roles == "near",
        "no music": wild.is_no_music,
    }
    ood = score_ood(above[worlds.known], {}, 0.0)
    ood["sets"] = {
        kind: {
            "n": int(which.sum()),
            "auroc": round(auroc(inside, scores[which]), 4),
            "refused_share": _share(above[which] > 0),
        }
        for kind, which in kinds.items()
        if which.any()
    }
    order = np.argsort(-judged.probabilities, axis=1)
    right = order[:, 0] == y
    first_two = right | (order[:, 1] == y)
    part = score(judged.probabilities, y, GENRES)
    recalls = [row["recall"] for row in part["per_genre"].values()]
    return part | {
        "macro_recall": round(float(np.mean(recalls)), 4),
        "words": [
            {
                "word": word,
                "n": int(mine.sum()),
                "right": _share(right[mine]),
                "first_two": _share(first_two[mine]),
            }
            for word in ("quite_sure", "leaning", "torn", "not_sure")
            if (mine := judged.words == word).any()
        ],
        "outside": ood,
    }


def _threshold(inside: np.ndarray, refused: float) -> float:
    """The score above which at most the share `refused` of the inside tracks lies."""
    return round(float(np.quantile(inside, 1 - refused, method="higher")), 4)


def _sizes(codes: np.ndarray) -> np.ndarray:
    """How many rows have each row's code, [shape=(n,), dtype=float64]."""
    return np.bincount(codes)[codes].astype(np.float64)


def _share(which: np.ndarray) -> float:
    return round(float(which.mean()), 4)


def _check(gtzan: Examples, wild: LabelledCache) -> None:
    for name, y in (("GTZAN", gtzan.y), ("the wild", wild.y[wild.is_known])):
        for genre, count in zip(GENRES, np.bincount(y, minlength=N_GENRES), strict=True):
            if count < (FOLDS if name == "GTZAN" else 1):
                raise DatasetError(f"{genre} has {count} tracks in the cache of {name}: too few.")
    for kind, which in (("other music", wild.is_other_music), ("no music", wild.is_no_music)):
        if not which.any():
            raise DatasetError(f"The cache of the wild has no track of {kind}.")
