"""How much more recordings, or more places, would bring: the curve of accuracy over fewer."""

from __future__ import annotations

from typing import Any

import numpy as np

from .examples import N_GENRES, Choice, TwoWorlds
from .search import fit_head

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


def learning_curve(worlds: TwoWorlds, choice: Choice, seed: int = 0) -> list[dict[str, Any]]:
    """Judge heads that learned from a share of the wild tracks, or of the wild places.

    The folds are those of the training, and all heads are judged on the same tracks.

    Returns
    -------
    a row {by ("tracks" or "places"), share, n_tracks, n_places, accuracy, macro_recall} of each
    share; counts are means over the folds, scores are means over the rounds
    """
    features = worlds.features(choice.clip_epsilon, choice.head_classes)
    rows = []
    for by in ("tracks", "places"):
        for share in SHARES:
            rng = np.random.default_rng(seed)
            scores, counts = [], []
            for r in range(len(worlds.rounds)):
                guesses = np.zeros(len(worlds.wild), int)
                for learn, held, gtzan_learn, _ in worlds.folds(r):
                    mine = worlds.music_of_the_ten(learn)
                    kept = mine[_drawn(worlds.wild.places[mine], by, share, rng)]
                    counts.append((len(kept), len(set(worlds.wild.places[kept].tolist()))))
                    # What YAMNet heard of GTZAN is predicted by all: the labels are what is fewer.
                    filled, _ = features.fill(mine, gtzan_learn)
                    x, y, weights = worlds.examples(filled, kept, gtzan_learn, choice)
                    kernel, bias = fit_head(x, y, weights, choice).linear()
                    guesses[held] = (filled.wild[held] @ kernel + bias).argmax(axis=1)
                right = guesses[worlds.known] == worlds.y
                recalls = [right[worlds.y == genre].mean() for genre in range(N_GENRES)]
                scores.append((right.mean(), np.mean(recalls)))
            n_tracks, n_places = np.mean(counts, axis=0)
            accuracy, macro_recall = np.mean(scores, axis=0)
            rows.append(
                {
                    "by": by,
                    "share": share,
                    "n_tracks": round(float(n_tracks)),
                    "n_places": round(float(n_places)),
                    "accuracy": round(float(accuracy), 4),
                    "macro_recall": round(float(macro_recall), 4),
                }
            )
    return rows


def _drawn(places: np.ndarray, by: str, share: float, rng: np.random.Generator) -> np.ndarray:
    """Which tracks are drawn, [shape=(n,), dtype=bool]."""
    units = np.arange(len(places)) if by == "tracks" else places
    names = np.unique(units)
    return np.isin(units, rng.permutation(names)[: round(share * len(names))])
