"""A model family of a few lines, to show that nothing but the table of families knows of it.

Two labels, no tags and no Keras: the louder a patch, the more it is "loud".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.families.base import CachedLogits, FeatureCache, PatchOutputs, TrainingRun
from ml.heads.linear_head import LinearHead
from ml.networks.runtimes import Runtime
from ml.registry.card import ModelCard, file_sha256
from ml.registry.recipe import Recipe, RecipeSettings
from ml.registry.writer import write_card

LABELS = ("quiet", "loud")


class ToySettings(RecipeSettings):
    threshold: float = 1.0


class ToyNetwork:
    def __init__(self, threshold: float):
        self.threshold = threshold

    def run(self, patches: np.ndarray) -> PatchOutputs:
        level = patches.mean(axis=(1, 2)) - self.threshold
        return PatchOutputs(np.zeros((len(patches), 0)), np.stack([-level, level], axis=1))

    def features(self, tags: np.ndarray) -> np.ndarray:
        return tags

    def ood_score(self, tags: np.ndarray) -> float | None:
        return None

    def is_music(self, tags: np.ndarray) -> bool | None:
        return None


def feature_cache() -> FeatureCache:
    return FeatureCache(
        kind="level",
        file="level.npz",
        settings={},
        extract=lambda path: {"level": np.array([1.0])},
        combine=lambda names, clips: {"level": np.stack([c["level"] for c in clips])},
    )


def front_end(card: ModelCard) -> LogMelFrontEnd:
    return LogMelFrontEnd(**card.front_end)


def load(card: ModelCard, runtime: Runtime) -> ToyNetwork:
    return ToyNetwork(json.loads(card.model_path.read_text()))


def keras_networks(card: ModelCard) -> dict[str, Any]:
    return {}  # one number is light enough


def linear_head(card: ModelCard) -> LinearHead | None:
    return None


def predict_cached(
    card: ModelCard, network: ToyNetwork, features: Path, wanted: Sequence[str]
) -> CachedLogits:
    logits = np.tile([-1.0, 1.0], (len(wanted), 1))
    return CachedLogits(list(wanted), np.ones(len(wanted), int), logits, None)


def train(recipe: Recipe, run: TrainingRun) -> Path:
    settings = ToySettings.from_recipe(recipe.settings)
    folder = run.bundles / run.model_id
    folder.mkdir(parents=True)
    (folder / "model.keras").write_text(json.dumps(settings.threshold))
    write_card(
        folder,
        {
            "model": run.model_id,
            "architecture": recipe.family,
            "recipe": recipe.name,
            "labels": list(LABELS),
            "measured_by": "another",
            "sha256": file_sha256(folder / "model.keras"),
            "front_end": LogMelFrontEnd().to_dict(),
        },
    )
    return folder


def cross_validate(card: ModelCard, features: Path) -> dict[str, bool]:
    return {"blues.00000": True}
