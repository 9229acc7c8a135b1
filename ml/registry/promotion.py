"""Promotion of a bundle, and adoption of another bundle's scores."""

from __future__ import annotations

from ml.atomic_files import replacing
from ml.errors import BundleError

from .bundles import POINTER, Registry
from .card import read_card_data
from .writer import write_card


def adopt_measurements(model_id: str, measured_by: str, registry: Registry) -> None:
    """Copy the scores of a reference model into the card of a bundle trained on every track.

    Its own test score would mean nothing, since it was trained on the test part.

    Parameters
    ----------
    model_id : the bundle whose card is written
    measured_by : the reference model

    Raises
    ------
    BundleError : the reference model is of another recipe or was never scored on the test part
    """
    card, measured = registry.card(model_id), registry.card(measured_by)
    if measured.recipe != card.recipe:
        raise BundleError(f"{measured_by} is of another recipe: it cannot speak for {model_id}.")
    if measured.test is None:
        raise BundleError(f"{measured_by} was never scored on the test part: run evaluate_model.")
    kept = ("metrics", "robustness", "speed", "examined")
    theirs = read_card_data(measured.folder)
    adopted = {key: theirs[key] for key in kept if key in theirs}
    write_card(card.folder, read_card_data(card.folder) | adopted | {"measured_by": measured_by})


def promote(model_id: str, registry: Registry) -> None:
    """Make a bundle the default: write the pointer in the registry's first folder."""
    with replacing(registry.folders[0] / POINTER) as draft:
        draft.write_text(model_id + "\n", encoding="utf-8")
