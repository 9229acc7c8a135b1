"""Training the genre head on two worlds: GTZAN's training tracks and labelled wild recordings.

The head is a linear discriminant (`.class_statistics`) of the log odds of the tags, whose ten
logits are mixed by a small regression. Everything is chosen by cross-validation in which whole
places and whole artists are held out, and by how the wild tracks come out of it; GTZAN's tracks
come out of the same folds and decide between equals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache
from ml.errors import DatasetError
from ml.heads.linear_head import LinearHead
from ml.heads.trained import Trained
from ml.metrics.calibration import (
    expected_calibration_error,
    reliability,
)
from ml.metrics.scores import macro_f1, score
from ml.probabilities import to_probabilities

from .card_sections import LIMITS, describe, share, wild_scores
from .detector import choose_detector, threshold_of
from .examples import FOLDS, N_GENRES, REPEATS, TwoWorlds
from .search import Search, cross_validate, fit_head
from .settings import WildSettings
from .words import Answers, as_found, judge_words

SCHEME = (
    f"{FOLDS} folds, {REPEATS} times, each track by models that heard nothing of its place and "
    "nothing of its artist there"
)


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
    _check_folds(worlds)
    search = Search(worlds, settings)
    choice = search.best
    result = cross_validate(worlds, choice)
    detector, ood_scores, ood_report = choose_detector(worlds, choice, settings)

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
    threshold = threshold_of(ood_scores[0][worlds.known], settings.ood.refused)

    x, y, weights = worlds.examples(*worlds.everything(), choice)
    kernel, bias = fit_head(x, y, weights, choice)
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
        confidence_levels=as_found(levels, judged, worlds.y, fair),
        tag_means=np.average(tags, axis=0, weights=weights),
        raise_to_db=settings.raise_to_db,
        ood_detector=detector,
        ood_report=ood_report
        | {
            "threshold": threshold,
            "refused_of_training": share(ood_scores[0][worlds.known] > threshold),
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
            "wild_out_of_fold": wild_scores(worlds, judged[0], ood_scores[0], settings),
            "gtzan_out_of_fold": score(
                to_probabilities(result.gtzan[0], calibration), gtzan.y, GENRES
            ),
        },
    }
    return trained, sections


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
