"""A model on labelled recordings of many places: how it fares on music as people bring it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.data.gtzan import GENRES
from ml.data.labelled_cache import LabelledCache
from ml.errors import DatasetError
from ml.inference.classifier import Classifier
from ml.metrics.intervals import wilson_interval
from ml.metrics.scores import macro_recall, score, score_kinds, score_levels
from ml.probabilities import to_probabilities
from ml.registry.card import ModelCard


def check_unheard(card: ModelCard, cache: LabelledCache) -> None:
    """Raise DatasetError where a score of this model on this cache would be no measurement."""
    if card.labels != GENRES or not card.tags:
        raise DatasetError(f"{card.model_id} does not tell the ten genres by MusiCNN's tags.")
    if heard := card.wild.heard(cache.fingerprints) if card.wild else 0:
        raise DatasetError(
            f"{card.model_id} learned from {heard} of these {len(cache)} tracks: its score on them "
            "is no measurement. What it did on such tracks with their places and artists held out "
            "stands in its card, as wild_out_of_fold."
        )
    if not cache.is_known.any():
        raise DatasetError("The cache has no track of the ten genres.")


def right_by_track(classifier: Classifier, cache: LabelledCache) -> dict[str, bool]:
    """Tell of each track of the ten whether a model is right. Raises DatasetError."""
    check_unheard(classifier.card, cache)
    tags = cached_tags(classifier.card, cache)
    known = np.flatnonzero(cache.is_known)
    guesses = [int(classifier.track_logits(tags[i]).argmax()) for i in known]
    return {cache.names[i]: guess == cache.y[i] for i, guess in zip(known, guesses, strict=True)}


def judge_wild(classifier: Classifier, cache: LabelledCache) -> dict[str, Any]:
    """Score a model on a cache that it did not learn from. Raises DatasetError.

    Returns
    -------
    dict of plain numbers, ready for JSON: what `ml.metrics.scores.score` says of the music of the
    ten, and n_places, macro_recall, top3_ci95, words {word, promised, n, share, right, right_ci95,
    first_two}, and outside {n, refused, refused_share, refused_ci95, sets {kind: {n, auroc,
    refused, refused_share, refused_ci95}}}, where a set has the tracks of one kind, "other music",
    "near kin", "no music" or one of the cache's own kinds. Intervals are 95 % Wilson intervals;
    they take the tracks for independent, which those of one place are not.
    """
    card = classifier.card
    check_unheard(card, cache)
    known = np.flatnonzero(cache.is_known)
    y = cache.y[known]
    tags = cached_tags(card, cache)
    logits = np.stack([classifier.track_logits(tags[i]) for i in known])
    probabilities = to_probabilities(logits, card.calibration)
    result = score(probabilities, y, card.labels)
    top3 = (np.argsort(-probabilities, axis=1)[:, :3] == y[:, None]).any(axis=1)
    result |= {
        "n_places": len(set(cache.places[known].tolist())),
        "macro_recall": macro_recall(result),
        "top3_ci95": _interval(top3),
        "words": _words(probabilities, y, card.confidence_levels),
    }
    scores = [classifier.ood_score(patches) for patches in tags]
    if card.ood is not None and None not in scores:
        found = np.array(scores, np.float64)
        result["outside"] = score_kinds(
            found, found > card.ood.threshold, cache.is_known, cache.main_kinds | cache.own_kinds
        )
    return result


def cached_tags(card: ModelCard, cache: LabelledCache) -> list[np.ndarray]:
    """The tags of each track as this model's network would give them. Raises DatasetError."""
    if card.yamnet is None:
        return cache.tags
    if cache.yamnet is None:
        raise DatasetError(
            f"The cache has no logits of YAMNet, with which {card.model_id} listens."
        )
    return cache.tags_of_two(card.yamnet.classes)


def as_part(result: dict[str, Any]) -> dict[str, Any]:
    """What a card keeps of such a result."""
    part = {key: value for key, value in result.items() if key not in ("n_places", "top3_ci95")}
    part["words"] = [
        {key: row[key] for key in ("word", "n", "right", "first_two")} for row in result["words"]
    ]
    return part


def _words(probabilities: np.ndarray, y: np.ndarray, levels: Any) -> list[dict[str, Any]]:
    promised = {level.word: level.right for level in levels}
    return [
        row
        | {
            "promised": promised[row["word"]],
            "share": round(row["n"] / len(y), 4),
            "right_ci95": _rounded(wilson_interval(row["right"] * row["n"], row["n"])),
        }
        for row in score_levels(probabilities, y, levels)
    ]


def _interval(hits: np.ndarray) -> list[float]:
    return _rounded(wilson_interval(int(hits.sum()), len(hits)))


def _rounded(bounds: tuple[float, float]) -> list[float]:
    return [round(max(bound, 0.0), 4) for bound in bounds]
