"""Whole training runs: features in, a bundle out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ml.data.gtzan import load_examples, read_kinds, training_tracks
from ml.families.linear_head import to_probabilities
from ml.families.musicnn.training import HeadSettings, cross_validate, train_head
from ml.metrics.calibration import (
    expected_calibration_error,
    fit_temperature,
    fit_words,
    reliability,
)
from ml.metrics.scores import macro_f1
from ml.registry.card import Card
from ml.registry.recipe import Recipe, RecipeError
from ml.registry.writer import write_mel_cnn_bundle, write_musicnn_bundle

MEL_CNN_FOLDS = 5


def run_musicnn(
    recipe: Recipe,
    *,
    features: Path,
    wanted: Sequence[str],
    trained_on: str,
    wheel: Path,
    sounds: Path | None,
    model_id: str,
    bundles: Path,
    seed: int,
    report: Callable[[str], None],
) -> Path:
    """Train a head on MusiCNN's tags; returns the bundle's folder."""
    settings = HeadSettings.from_dict(recipe.settings)
    examples = load_examples(features, wanted)
    made = None if sounds is None else read_kinds(sounds)
    report(f"training on {len(examples.names)} tracks ...")
    trained = train_head(examples, settings, made=made, seed=seed)
    chosen = trained.report["cross_validation"]
    report(
        f"floor {trained.report['floor']:g}, shrinkage {trained.report['shrinkage']:g}: "
        f"accuracy {chosen['accuracy']:.3f} in {chosen['scheme']}"
    )
    return write_musicnn_bundle(
        trained,
        recipe=recipe,
        names=examples.names,
        trained_on=trained_on,
        wheel=wheel,
        model_id=model_id,
        bundles=bundles,
    )


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


def cross_validated(card: Card, features: Path) -> dict[str, bool]:
    """Whether a recipe is right on each training track, by models that never heard its artist.

    The recipe is trained anew with the settings that the card's model was given; one round of
    folds, the same for every model of an architecture. Raises RecipeError.
    """
    training = card.data["training"]
    if card.data.get("recipe") is None:
        raise RecipeError(f"{card.model_id} names no recipe by which it could be trained anew.")
    if card.data["architecture"] == "mel-cnn":
        from ml.families import mel_cnn

        config = mel_cnn.MelCnnConfig.from_dict(training["config"])
        clips = mel_cnn.load_clips(features, training_tracks())
        logits = mel_cnn.cross_validate(
            config, clips, folds=MEL_CNN_FOLDS, seed=training["seed"], report=lambda _: None
        )
        return dict(zip(clips.names, (logits.argmax(axis=1) == clips.y).tolist(), strict=True))
    examples = load_examples(features, training_tracks())
    trial = cross_validate(
        examples,
        HeadSettings(artist_weight=training["artist_weight"]),
        floor=training["floor"],
        shrinkage=training["shrinkage"],
        seed=training["seed"],
    )
    right = trial.logits[0].argmax(axis=1) == examples.y
    return dict(zip(examples.names, right.tolist(), strict=True))
