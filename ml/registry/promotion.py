"""Which bundle serves, and what a bundle may show of another one's scores."""

from __future__ import annotations

from ml.atomic_files import replacing
from ml.errors import BundleError

from .bundles import POINTER, Registry
from .card import read_card_data
from .writer import write_card


def adopt_measurements(model_id: str, measured_by: str, registry: Registry) -> None:
    """Let a bundle that was trained on every track show the scores of its reference model.

    Its own test score would be worth nothing, since it has heard the test. Raises BundleError
    where the reference model is of another recipe or was never scored on the test part.
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
    """Make a bundle the one that answers when none is named: by the registry's first folder."""
    with replacing(registry.folders[0] / POINTER) as draft:
        draft.write_text(model_id + "\n", encoding="utf-8")
