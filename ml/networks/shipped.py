"""The pretrained networks as they lie in shipped bundles, for computing features."""

from __future__ import annotations

from functools import cache
from typing import Any

from ml.errors import BundleError
from ml.registry.bundles import SHIPPED, SHIPPED_FOLDER
from ml.tensorflow_import import import_tensorflow

from .keras_models import load_model
from .yamnet_weights import FILE, load_yamnet


@cache
def musicnn() -> Any:
    """Load MusiCNN from a bundle of its family, the one that serves if it is of it.

    Returns
    -------
    keras.Model, whose output "tags" are the activations

    Raises
    ------
    BundleError : no bundle has it
    """
    import_tensorflow()
    from . import musicnn as layers  # noqa: F401  registers those that the saved model refers to

    cards = (SHIPPED.card(), *SHIPPED.cards())
    card = next((card for card in cards if card.family == "musicnn"), None)
    if card is None:
        raise BundleError("No model at hand has tags: MusiCNN's are taken from a bundle.")
    return load_model(card.model_path)


@cache
def yamnet() -> Any:
    """Load YAMNet from a bundle.

    Returns
    -------
    keras.Model, see `.yamnet.build_yamnet`

    Raises
    ------
    BundleError : no bundle has it
    """
    path = next(iter(sorted(SHIPPED_FOLDER.glob(f"*/{FILE}"))), None)
    if path is None:
        raise BundleError("No model at hand has YAMNet: its weights are taken from a bundle.")
    return load_yamnet(path)
