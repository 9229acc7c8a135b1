"""Networks as functions from patches to outputs, by either runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ml.errors import BundleError
from ml.registry.card import ModelCard, file_sha256

# From patches [shape=(n, ...)] to outputs [shape=(n, n_outputs), dtype=float32].
Predictor = Callable[[Sequence[np.ndarray] | np.ndarray], np.ndarray]


def light_predictor(card: ModelCard, name: str, *, batch: int = 1) -> Predictor:
    """Load a network of a bundle's light form, run on some patches at a time.

    Raises
    ------
    BundleError : the bundle has no light form, or its file is not the one of the card
    """
    found = card.light.networks.get(name) if card.light else None
    if found is None:
        raise BundleError(
            f"Model {card.model_id!r} has no light form. Where the full installation is: "
            f"manage.py export_light {card.model_id}"
        )
    path = card.folder / found.file
    if not path.is_file() or file_sha256(path) != found.sha256:
        raise BundleError(f"{path.name} of model {card.model_id!r} is not the one of its card.")
    from .light import LightNetwork

    return LightNetwork(path, batch=batch)


def keras_predictor(model: Any, *, batch: int) -> Predictor:
    """Run a keras.Model of one output on some patches at a time."""

    def predict(patches: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        batches = [patches[i : i + batch] for i in range(0, len(patches), batch)]
        return np.concatenate([model.predict_on_batch(np.ascontiguousarray(b)) for b in batches])

    return predict
