"""The mel-cnn family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.metrics.calibration import (
    expected_calibration_error,
    fit_temperature,
    fit_words,
    reliability,
)
from ml.metrics.scores import macro_f1
from ml.probabilities import to_probabilities
from ml.registry.recipe import Recipe
from ml.registry.writer import _card, _save_network, _write_card, check_model_id

if TYPE_CHECKING:
    import keras


def write_mel_cnn_bundle(
    model: keras.Model,
    *,
    front_end: dict,
    calibration: dict,
    words: list[dict],
    report: dict,
    recipe: Recipe,
    names: Sequence[str],
    trained_on: str,
    model_id: str,
    bundles: Path,
) -> Path:
    """Write a trained mel-cnn; returns the bundle's folder. It has no tags and no detector.

    The model maps patches (batch, frames, mels) to {"genre_logits": (batch, 10)}.
    """
    check_model_id(model_id)
    folder = _save_network(model, bundles / model_id)
    card = _card(model, folder, recipe, names, trained_on) | {
        "tags": [],
        "front_end": front_end,
        "licences": {"network": "MIT"},
        "calibration": calibration,
        "confidence_words": words,
        "training": report,
    }
    _write_card(folder, card)
    return folder


MEL_CNN_FOLDS = 5


def run_mel_cnn(
    recipe: Recipe,
    *,
    features: Path,
    wanted: Sequence[str],
    trained_on: str,
    work: Path,
    strategy: str,
    model_id: str,
    bundles: Path,
    seed: int,
    report: Callable[[str], None],
) -> Path:
    """Cross-validate and train a mel-cnn; returns the bundle's folder.

    work : folder for checkpoints; a run that was stopped goes on there
    """
    from ml.families import mel_cnn
    from ml.families.mel_cnn.training import mirrored

    config = mel_cnn.MelCnnConfig.from_dict(recipe.settings)
    clips = mel_cnn.load_clips(features, wanted)
    report(f"training on {len(clips)} tracks ...")
    logits = mel_cnn.cross_validate(
        config, clips, folds=MEL_CNN_FOLDS, seed=seed, out=work / "folds", report=report
    )
    trained = mel_cnn.train(
        config,
        clips,
        work / "final",
        seed=seed,
        strategy=mirrored() if strategy == "mirrored" else None,
        report=report,
    )
    calibration = {"temperature": round(fit_temperature(logits, clips.y), 4), "own_weight": 0.0}
    probabilities = to_probabilities(logits, calibration)
    accuracy = float(np.mean(logits.argmax(axis=1) == clips.y))
    cross_validation = {
        "scheme": f"{MEL_CNN_FOLDS} artist-grouped folds",
        "accuracy": round(accuracy, 4),
        "macro_f1": round(macro_f1(logits, clips.y), 4),
        "ece": round(expected_calibration_error(probabilities, clips.y), 4),
        "reliability": reliability(probabilities, clips.y),
    }
    report(f"accuracy {accuracy:.3f} in {cross_validation['scheme']}")
    return write_mel_cnn_bundle(
        trained.model,
        front_end=config.front_end.to_dict(),
        calibration=calibration,
        words=fit_words(probabilities, clips.y),
        report=trained.report | calibration | {"cross_validation": cross_validation},
        recipe=recipe,
        names=clips.names,
        trained_on=trained_on,
        model_id=model_id,
        bundles=bundles,
    )
