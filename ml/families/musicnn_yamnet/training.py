"""Training of the head and the detector on what both networks hear of both worlds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.data.feature_cache import load_examples, with_yamnet
from ml.data.gtzan import training_tracks
from ml.data.labelled_cache import LabelledCache, read_labelled_cache
from ml.data.yamnet_logits import EPSILON, scores_of
from ml.families.base import TrainingRun
from ml.heads.linear_head import LinearHead
from ml.heads.trained import Trained
from ml.heads.wild import search
from ml.heads.wild.examples import TwoWorlds
from ml.heads.wild.search import choice_of
from ml.heads.wild.settings import WildSettings
from ml.heads.wild.sounds_like import choose_words
from ml.heads.wild.training import TrainedOnTwo, train_on_two_worlds
from ml.networks.musicnn_weights import TAGS
from ml.networks.yamnet_classes import tags_of
from ml.registry.card import ModelCard
from ml.registry.recipe import Recipe, RecipeError

from .bundle import write_bundle
from .classes import CLASSES, SETS, WORDS


def train_on_two_networks(recipe: Recipe, run: TrainingRun) -> Path:
    """Train by a recipe and write the bundle; return its folder. Raises MLError."""
    settings = WildSettings.from_recipe(recipe.settings)
    if strange := sorted(set(settings.head_classes) - set(SETS)):
        known_sets = ", ".join(SETS)
        raise RecipeError(f"The setting 'head_classes': {strange[0]!r} is none of {known_sets}.")
    if run.wild is None:
        raise RecipeError("This family learns from labelled recordings too: name them by --wild.")
    if run.sounds is not None:
        raise RecipeError(
            "--sounds is of no use here: such a file has no logits of YAMNet. What is no music is "
            "learned from --wild."
        )
    examples = with_yamnet(load_examples(run.features, run.wanted), run.features)
    wild = read_labelled_cache(run.wild)
    run.report(
        f"training on {len(examples.names)} tracks of GTZAN and {int(wild.is_known.sum())} of "
        f"the ten genres from elsewhere, {len(wild)} in all ..."
    )
    found = train_on_two_worlds(examples, wild, settings, classes=SETS, seed=run.seed)
    chosen = found.trained.report["cross_validation"]
    run.report(f"accuracy {chosen['accuracy']:.3f} in the wild: {chosen['scheme']}")
    trained = on_all_tags(found, wild)
    known = int((~np.isnan(examples.yamnet_logits).any(axis=1)).sum())
    data = found.sections["wild"] | {
        "gtzan_tracks_with_yamnet": known,
        "head_classes": found.head_classes,
    }
    return write_bundle(
        trained,
        classes=CLASSES,
        recipe=recipe,
        names=examples.names,
        run=run,
        sections=found.sections | {"wild": data},
        statistics=found.mixed,
        moments=found.moments,
        imputation=found.imputation,
    )


def on_all_tags(found: TrainedOnTwo, wild: LabelledCache) -> Trained:
    """The head and the detector with a row for each tag of the family, and the words."""
    trained, yamnet = found.trained, wild.yamnet_logits[:, CLASSES]
    kernel = _on_all_rows(trained.head.kernel, found.head_classes)
    known = yamnet[wild.is_known]
    baseline = np.concatenate([trained.head.baseline[: len(TAGS)], known.mean(axis=0)])
    baseline[_rows(found.head_classes)] = trained.head.baseline
    features = dict(zip(tags_of(CLASSES), yamnet.T, strict=True))
    words = choose_words(WORDS, wild, features, found.outside)
    return replace(
        trained,
        head=LinearHead(kernel, trained.head.bias, baseline, _floors(found.clip_epsilon)),
        tag_means=np.concatenate([trained.tag_means, scores_of(known).mean(axis=0)]),
        ood_detector=replace(found.detector, clip_epsilon=_floors(found.detector.clip_epsilon)),
        ood_report=trained.ood_report | {"sounds_like": words},
    )


def held_out_heads(
    card: ModelCard, features: Path, wild: Path
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each training track of GTZAN the head that heard nothing of its artist.

    Trained by the settings of the card's model on the same caches. Raises MLError.
    """
    examples = with_yamnet(load_examples(features, training_tracks()), features)
    seed = card.training.seed if card.training else 0
    worlds = TwoWorlds(examples, read_labelled_cache(wild), None, seed, SETS)
    choice = choice_of(card)
    return {
        name: (_on_all_rows(kernel, choice.head_classes), bias)
        for name, (kernel, bias) in search.held_out_heads(worlds, choice).items()
    }


def _rows(head_classes: str) -> list[int]:
    """Where the head's own features are among the tags of the family."""
    return [*range(len(TAGS)), *(len(TAGS) + CLASSES.index(i) for i in SETS[head_classes])]


def _on_all_rows(kernel: np.ndarray, head_classes: str) -> np.ndarray:
    """A kernel with a row for each tag of the family; what the head does not hear has zeros."""
    whole = np.zeros((len(TAGS) + len(CLASSES), kernel.shape[1]))
    whole[_rows(head_classes)] = kernel
    return whole


def _floors(musicnn: float | np.ndarray) -> np.ndarray:
    return np.concatenate([np.full(len(TAGS), float(musicnn)), np.full(len(CLASSES), EPSILON)])
