"""Artist-grouped cross-validation of a recipe."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.data.feature_cache import Clips
from ml.data.folds import Folds, grouped_folds
from ml.data.gtzan import GENRES

from .config import MelCnnConfig
from .training import predict_logits, train


def cross_validate(
    config: MelCnnConfig,
    clips: Clips,
    *,
    n_folds: int = 5,
    folds: Folds | None = None,
    seed: int = 0,
    out: Path | None = None,
    report: Callable[[str], object] = print,
) -> np.ndarray:
    """Compute out-of-fold logits, of each clip by a network trained without its artist.

    Parameters
    ----------
    n_folds : number of artist-grouped folds
    folds : (learn, held out) positions in `clips` that are taken instead
    seed : of the folds and of every training
    out : folder in which each fold keeps its checkpoint, so that a killed run continues
    report : is told the accuracy of each fold

    Returns
    -------
    logits : np.ndarray [shape=(n, n_genres), dtype=float64], in the order of `clips`
    """
    folds = folds or grouped_folds(clips.y, clips.groups, n_folds=n_folds, seed=seed)
    logits = np.zeros((len(clips), len(GENRES)))
    with tempfile.TemporaryDirectory() as temporary:
        root = out or Path(temporary)
        for fold, (learn, held_out) in enumerate(folds):
            trained = train(
                config, clips.take(learn), root / f"fold-{fold}", seed=seed, report=lambda _: None
            )
            logits[held_out] = predict_logits(trained.model, clips.mel_db[held_out])
            right = float((logits[held_out].argmax(axis=1) == clips.y[held_out]).mean())
            report(f"fold {fold + 1} of {len(folds)}: {right:.1%} of {len(held_out)} clips")
    return logits
