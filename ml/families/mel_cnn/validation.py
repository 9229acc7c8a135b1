"""What a recipe is worth: artist-grouped cross-validation, and the temperature it yields."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.data.feature_cache import Clips
from ml.data.gtzan import GENRES

from .config import MelCnnConfig
from .training import predict_logits, train

Splits = list[tuple[np.ndarray, np.ndarray]]


def cross_validate(
    config: MelCnnConfig,
    clips: Clips,
    *,
    folds: int = 5,
    splits: Splits | None = None,
    seed: int = 0,
    out: Path | None = None,
    report: Callable[[str], object] = print,
) -> np.ndarray:
    """Out-of-fold logits: each clip judged by a network that never heard its artist.

    `splits` replaces the artist-grouped folds: (learn, held out) pairs of positions in `clips`.
    With `out`, each fold keeps its checkpoint in a folder there and a killed run goes on.

    Returns
    -------
    logits : np.ndarray [shape=(n, n_genres), dtype=float64], in the order of `clips`
    """
    splits = splits or grouped_splits(clips, folds, seed)
    logits = np.zeros((len(clips), len(GENRES)))
    with tempfile.TemporaryDirectory() as temporary:
        root = out or Path(temporary)
        for fold, (learn, held_out) in enumerate(splits):
            trained = train(
                config, clips.take(learn), root / f"fold-{fold}", seed=seed, report=lambda _: None
            )
            logits[held_out] = predict_logits(trained.model, clips.mel_db[held_out])
            right = float((logits[held_out].argmax(axis=1) == clips.y[held_out]).mean())
            report(f"fold {fold + 1} of {len(splits)}: {right:.1%} of {len(held_out)} clips")
    return logits


def grouped_splits(clips: Clips, folds: int, seed: int) -> Splits:
    """Folds in which no artist is on two sides, genres spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(splitter.split(clips.names, clips.y, clips.groups))
