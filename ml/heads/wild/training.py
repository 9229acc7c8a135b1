"""Training the genre head on two worlds: GTZAN's training tracks and labelled wild recordings.

The head is a linear discriminant of the log odds of the tags, whose ten logits are mixed by a small
regression (`ml.heads.mixed_discriminant`). Everything is chosen by cross-validation in which whole
places and whole artists are held out, and by how the wild tracks come out of it; GTZAN's tracks
come out of the same folds and decide between equals. What is stated of it is of tracks whose fold
took no part in choosing either.

With two networks the features are MusiCNN's tags and some of YAMNet's classes. Of many tracks of
GTZAN only the first is known; the second is then predicted from it (`ml.heads.imputation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache
from ml.errors import DatasetError
from ml.heads.class_detector import ClassDetector
from ml.heads.class_moments import ClassMoments
from ml.heads.imputation import Imputation
from ml.heads.linear_head import LinearHead
from ml.heads.mixed_discriminant import MixedDiscriminant
from ml.heads.trained import Trained
from ml.metrics.calibration import (
    expected_calibration_error,
    reliability,
)
from ml.metrics.scores import macro_f1, score
from ml.probabilities import to_probabilities

from .budget import measure_budget
from .card_sections import LIMITS, describe, wild_scores
from .detector import DETECTOR_CLASSES, DetectorSearch, JudgedOutside
from .examples import FOLDS, N_GENRES, REPEATS, TwoWorlds
from .search import Search, fit_head
from .settings import WildSettings
from .words import Answers, as_found, judge_words

SCHEME = (
    f"{FOLDS} folds, {REPEATS} times, each track by models that heard nothing of its place and "
    "nothing of its artist there"
)


@dataclass(frozen=True)
class TrainedOnTwo:
    """A trained head and what else its training found.

    trained : its head has a row for each of its own features: MusiCNN's tags and the classes of
        the set `head_classes`
    sections : those of a card that tell of the wild: `wild`, `metrics`, `budget`, `limits`
    mixed : what the head was computed from
    detector : `trained.ood_detector`
    moments : what its discriminant was fitted from
    imputation : of the columns of YAMNet's set "detector", or of the head where there is none,
        for tracks that lack them
    clip_epsilon, head_classes : of the head; the name of its set of YAMNet's classes
    outside : of each round, the wild tracks judged by detectors that know nothing of their place
    """

    trained: Trained
    sections: dict[str, Any]
    mixed: MixedDiscriminant
    detector: ClassDetector
    moments: ClassMoments
    imputation: Imputation
    clip_epsilon: float
    head_classes: str
    outside: list[JudgedOutside]


def train_on_two_worlds(
    gtzan: Examples,
    wild: LabelledCache,
    settings: WildSettings,
    *,
    negatives: Mapping[str, Sequence[np.ndarray]] | None = None,
    classes: Mapping[str, Sequence[int]] | None = None,
    seed: int = 0,
) -> TrainedOnTwo:
    """Choose, fit and calibrate a head and a detector.

    Parameters
    ----------
    negatives : tags of synthetic sounds that are no music, by kind, for the detector; not with
        YAMNet's classes, which such files lack
    classes : sets of YAMNet's classes by name, among them those that the settings name for the
        head, and "detector"; None for MusiCNN alone
    """
    _check(gtzan, wild)
    worlds = TwoWorlds(gtzan, wild, negatives, seed, classes)
    _check_folds(worlds)
    search = Search(worlds, settings)
    choice, result = search.best, search.results[search.best]
    rounds = range(len(worlds.rounds))
    detectors = DetectorSearch(worlds, choice, settings)
    detector, threshold = detectors.detector()
    outside = [detectors.judge(r) for r in rounds]

    fair = worlds.fair_weights(settings.fair_place_power)
    answers = Answers(
        np.concatenate(list(result.wild)),
        np.tile(worlds.y, len(rounds)),
        np.tile(fair, len(rounds)),
    )
    calibration, levels = answers.calibrate(settings.sure, len(rounds))
    judged = [
        judge_words(worlds, search.without_the_fold(r), r, fair, settings.sure) for r in rounds
    ]
    probabilities = np.concatenate([found.probabilities for found in judged])

    everything = worlds.everything()
    rows = worlds.known, everything[1]
    features, imputation = worlds.features(choice.clip_epsilon, choice.head_classes).fill(*rows)
    if DETECTOR_CLASSES in worlds.classes:
        _, imputation = worlds.features(choice.clip_epsilon, DETECTOR_CLASSES).fill(*rows)
    x, y, weights = worlds.examples(features, *everything, choice)
    mixed = fit_head(x, y, weights, choice)
    tags = np.concatenate(
        [gtzan.means(lambda patches: patches), wild.means(lambda patches: patches)[worlds.known]]
    )
    accuracies = [
        float((found.probabilities.argmax(axis=1) == worlds.y).mean()) for found in judged
    ]
    best = detectors.best
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
        "detector": {key: value for key, value in best._asdict().items() if value is not None},
        "cross_validation": {
            "scheme": SCHEME,
            "repeats": len(rounds),
            "accuracy": round(float(np.mean(accuracies)), 4),
            "accuracy_std_of_repeats": round(float(np.std(accuracies)), 4),
            "macro_f1": round(macro_f1(probabilities, answers.y), 4),
            "ece": round(expected_calibration_error(probabilities, answers.y), 4),
            "reliability": [
                row | {"n": round(row["n"] / len(rounds))}
                for row in reliability(probabilities, answers.y)
            ],
            "candidates": search.rows(),
        },
    }
    method = "a linear discriminant of the ten genres, music of other genres"
    method += " by kind" if settings.ood.kind_tracks else ""
    method += " and no music"
    method += ", beside a multinomial regression" if settings.ood.penalties else ""
    trained = Trained(
        head=LinearHead(
            *mixed.linear(), np.average(x, axis=0, weights=weights), choice.clip_epsilon
        ),
        calibration=calibration,
        confidence_levels=as_found(levels, judged, worlds.y, fair),
        tag_means=np.average(tags, axis=0, weights=weights),
        raise_to_db=settings.raise_to_db,
        ood_detector=detector,
        ood_report={
            "method": f"{method}; it learned from real music of other genres",
            "left_out": {},
            "made_sounds": len(worlds.negatives),
            "threshold": threshold,
            "refused_of_training": round(
                float(np.mean([found.refused[worlds.known].mean() for found in outside])), 4
            ),
        },
        report=report,
    )
    sections = {
        "wild": describe(wild, choice)
        | {
            "fair_place_power": settings.fair_place_power,
            "accuracy_chosen_without_the_fold": report["cross_validation"]["accuracy"],
        },
        "budget": measure_budget(worlds, result.everything, outside, calibration),
        "limits": LIMITS,
        "metrics": {
            "wild_out_of_fold": wild_scores(worlds, judged[0], outside[0]),
            "gtzan_out_of_fold": score(
                to_probabilities(result.gtzan[0], calibration), gtzan.y, GENRES
            ),
        },
    }
    return TrainedOnTwo(
        trained,
        sections,
        mixed=mixed,
        detector=detector,
        moments=detectors.moments(),
        imputation=imputation,
        clip_epsilon=choice.clip_epsilon,
        head_classes=choice.head_classes,
        outside=outside,
    )


def _check(gtzan: Examples, wild: LabelledCache) -> None:
    for name, y in (("GTZAN", gtzan.y), ("the wild", wild.y[wild.is_known])):
        for genre, count in zip(GENRES, np.bincount(y, minlength=N_GENRES), strict=True):
            if count < (FOLDS if name == "GTZAN" else 1):
                raise DatasetError(f"{genre} has {count} tracks in the cache of {name}: too few.")
    for kind, which in (("other music", wild.is_other_music), ("no music", wild.is_no_music)):
        if not which.any():
            raise DatasetError(f"The cache of the wild has no track of {kind}.")


def _check_folds(worlds: TwoWorlds) -> None:
    """Refuse a cache in which a fold would leave nothing of a kind to learn from."""
    wild = worlds.wild
    kinds = {"other music": wild.is_other_music, "no music": wild.is_no_music}
    for dealt in worlds.rounds:
        for learn, _ in dealt.wild:
            for kind, which in kinds.items():
                if not which[learn].any():
                    raise DatasetError(f"All {kind} is from too few places to hold one out.")
