"""Whole training runs: features in, a bundle out."""

from __future__ import annotations

from pathlib import Path

from ml.data.feature_cache import load_examples
from ml.data.gtzan import training_tracks
from ml.families.mel_cnn.family import MEL_CNN_FOLDS
from ml.families.musicnn.training import HeadSettings, cross_validate
from ml.registry.card import Card
from ml.registry.recipe import RecipeError


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
