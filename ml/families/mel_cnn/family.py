"""The functions of the mel-cnn family: see `ml.families.base.Family`.

Four convolutional and two dense layers on 3 s of mel spectrogram, trained from scratch on GTZAN
alone; the architecture of the project that this one follows. Less accurate than a head on MusiCNN,
see `python -m scripts.experiments.ablation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.front_ends import MelDbFrontEnd
from ml.data.feature_cache import load_clips
from ml.data.gtzan import training_tracks
from ml.families.base import CachedLogits, FeatureCache, TrainingRun, front_end_of
from ml.heads.linear_head import LinearHead
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError

from .inference import LIGHT, MelCnnNetwork

FOLDS = 5


def feature_cache() -> FeatureCache:
    from .features import CACHE

    return CACHE


def front_end(card: ModelCard) -> MelDbFrontEnd:
    return front_end_of(card, MelDbFrontEnd)


def load(card: ModelCard, runtime: Runtime) -> MelCnnNetwork:
    return MelCnnNetwork(card, runtime)


def keras_networks(card: ModelCard) -> dict[str, Any]:
    from ml.networks.keras_models import load_model, one_output

    return {LIGHT: one_output(load_model(card.model_path), "genre_logits")}


def linear_head(card: ModelCard) -> LinearHead | None:
    return None


def predict_cached(
    card: ModelCard, network: MelCnnNetwork, features: Path, wanted: Sequence[str]
) -> CachedLogits:
    clips = load_clips(features, wanted)
    return CachedLogits(clips.names, clips.y, network.clip_logits(clips.mel_db), None)


def train(recipe: Recipe, run: TrainingRun) -> Path:
    if run.wild is not None:
        raise RecipeError("A mel-cnn learns from spectrograms: a cache of tags is of no use to it.")
    from ml.metrics.calibration import (
        expected_calibration_error,
        fit_confidence_levels,
        fit_temperature,
        reliability,
    )
    from ml.metrics.scores import macro_f1
    from ml.probabilities import Calibration, to_probabilities
    from ml.registry.writer import check_model_id, common_card, save_network, write_card

    from .config import MelCnnConfig
    from .training import mirrored
    from .training import train as train_network
    from .validation import cross_validate

    check_model_id(run.model_id)
    config = MelCnnConfig.from_recipe(recipe.settings)
    clips = load_clips(run.features, run.wanted)
    run.report(f"training on {len(clips)} tracks ...")
    logits = cross_validate(
        config, clips, n_folds=FOLDS, seed=run.seed, out=run.work / "folds", report=run.report
    )
    trained = train_network(
        config,
        clips,
        run.work / "final",
        seed=run.seed,
        strategy=mirrored() if run.strategy == "mirrored" else None,
        report=run.report,
    )
    calibration = Calibration(temperature=round(fit_temperature(logits, clips.y), 4))
    probabilities = to_probabilities(logits, calibration)
    accuracy = float(np.mean(logits.argmax(axis=1) == clips.y))
    cross_validation = {
        "scheme": f"{FOLDS} artist-grouped folds",
        "accuracy": round(accuracy, 4),
        "macro_f1": round(macro_f1(logits, clips.y), 4),
        "ece": round(expected_calibration_error(probabilities, clips.y), 4),
        "reliability": reliability(probabilities, clips.y),
    }
    run.report(f"accuracy {accuracy:.3f} in {cross_validation['scheme']}")
    folder = save_network(trained.model, run.bundles / run.model_id)
    card = common_card(trained.model, folder, recipe, clips.names, run.trained_on) | {
        "tags": [],
        "front_end": config.front_end.to_dict(),
        "licences": {"network": "MIT"},
        "calibration": calibration.model_dump(),
        "confidence_words": fit_confidence_levels(probabilities, clips.y),
        "training": trained.report
        | calibration.model_dump()
        | {"cross_validation": cross_validation},
    }
    write_card(folder, card)
    return folder


def cross_validate(card: ModelCard, features: Path) -> dict[str, bool]:
    from .config import MelCnnConfig
    from .validation import cross_validate

    if card.recipe is None or card.training is None or card.training.config is None:
        raise RecipeError(f"{card.model_id} names no recipe by which it could be trained anew.")
    config = MelCnnConfig.from_recipe(card.training.config)
    clips = load_clips(features, training_tracks())
    logits = cross_validate(
        config, clips, n_folds=FOLDS, seed=card.training.seed, report=lambda _: None
    )
    return dict(zip(clips.names, (logits.argmax(axis=1) == clips.y).tolist(), strict=True))
