"""The functions of the MusiCNN family: see `ml.families.base.Family`.

A linear head on the tags of a pretrained tagger.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.data.feature_cache import load_examples, read_kinds
from ml.data.gtzan import training_tracks
from ml.data.labelled_cache import read_labelled_cache
from ml.families.base import CachedLogits, FeatureCache, TrainingRun, front_end_of
from ml.heads.linear_head import LinearHead
from ml.heads.loaded import HeadOnTags
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError

from .inference import LIGHT, LightMusicnn, MusicnnNetwork


def feature_cache() -> FeatureCache:
    from .features import CACHE

    return CACHE


def front_end(card: ModelCard) -> LogMelFrontEnd:
    return front_end_of(card, LogMelFrontEnd)


def load(card: ModelCard, runtime: Runtime) -> MusicnnNetwork | LightMusicnn:
    return LightMusicnn(card) if runtime == "light" else MusicnnNetwork(card)


def keras_networks(card: ModelCard) -> dict[str, Any]:
    from ml.networks.keras_models import load_model, one_output

    return {LIGHT: one_output(load_model(card.model_path), "tags")}


def linear_head(card: ModelCard) -> LinearHead | None:
    return LinearHead.from_card(card.head) if card.head else None


def predict_cached(
    card: ModelCard, network: HeadOnTags, features: Path, wanted: Sequence[str]
) -> CachedLogits:
    examples = load_examples(features, wanted)
    means = examples.means(network.features)
    scores = [network.ood_score(tags) for tags in examples.tags]
    return CachedLogits(
        examples.names,
        examples.y,
        network.head_logits(means),
        None if None in scores else np.array(scores),
    )


def train(recipe: Recipe, run: TrainingRun) -> Path:
    from ml.networks.musicnn_weights import find_wheel

    from .bundle import write_bundle
    from .training import HeadSettings, train_head

    wheel = find_wheel(run.backbone)
    if run.wild is not None:
        return _train_on_two_worlds(recipe, run, run.wild, wheel)
    settings = HeadSettings.from_recipe(recipe.settings)
    examples = load_examples(run.features, run.wanted)
    negatives = None if run.sounds is None else read_kinds(run.sounds)
    run.report(f"training on {len(examples.names)} tracks ...")
    trained = train_head(examples, settings, negatives=negatives, seed=run.seed)
    chosen = trained.report["cross_validation"]
    run.report(
        f"floor {trained.report['floor']:g}, shrinkage {trained.report['shrinkage']:g}: "
        f"accuracy {chosen['accuracy']:.3f} in {chosen['scheme']}"
    )
    return write_bundle(trained, recipe=recipe, names=examples.names, wheel=wheel, run=run)


def _train_on_two_worlds(recipe: Recipe, run: TrainingRun, wild: Path, wheel: Path) -> Path:
    from ml.heads.wild.settings import WildSettings
    from ml.heads.wild.training import train_on_two_worlds

    from .bundle import write_bundle

    settings = WildSettings.from_recipe(recipe.settings)
    examples = load_examples(run.features, run.wanted)
    cache = read_labelled_cache(wild)
    negatives = None if run.sounds is None else read_kinds(run.sounds)
    run.report(
        f"training on {len(examples.names)} tracks of GTZAN and {int(cache.is_known.sum())} of "
        f"the ten genres from elsewhere, {len(cache)} in all ..."
    )
    found = train_on_two_worlds(examples, cache, settings, negatives=negatives, seed=run.seed)
    chosen = found.trained.report["cross_validation"]
    run.report(f"accuracy {chosen['accuracy']:.3f} in the wild: {chosen['scheme']}")
    return write_bundle(
        found.trained,
        recipe=recipe,
        names=examples.names,
        wheel=wheel,
        run=run,
        sections=found.sections,
    )


def cross_validate(card: ModelCard, features: Path) -> dict[str, bool]:
    from .training import HeadSettings, cross_validate, settled

    if card.recipe is None or card.training is None:
        raise RecipeError(f"{card.model_id} names no recipe by which it could be trained anew.")
    if card.wild is not None:
        raise RecipeError(
            f"{card.model_id} learned from more than GTZAN, so this cache alone cannot train it "
            "anew."
        )
    examples = load_examples(features, training_tracks())
    clip_epsilon, shrinkage, artist_weight = settled(card)
    trial = cross_validate(
        examples,
        HeadSettings(artist_weight=artist_weight),
        clip_epsilon=clip_epsilon,
        shrinkage=shrinkage,
        seed=card.training.seed,
    )
    right = trial.logits[0].argmax(axis=1) == examples.y
    return dict(zip(examples.names, right.tolist(), strict=True))
