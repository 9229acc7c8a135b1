"""Which bundle serves, and what it may show."""

from __future__ import annotations

import os

from ml.errors import BundleError
from ml.registry.bundles import POINTER, Registry
from ml.registry.writer import _write_card


def adopt_measurements(model_id: str, measured_by: str, registry: Registry) -> None:
    """Let a bundle that was trained on every track show what was measured on its sibling.

    Its own test score would be worth nothing, since it has heard the test. Raises BundleError
    where the sibling is of another recipe or was never scored on the test part.
    """
    card, measured = registry.card(model_id), registry.card(measured_by)
    if measured.data.get("recipe") != card.data["recipe"]:
        raise BundleError(f"{measured_by} is of another recipe: it cannot speak for {model_id}.")
    if "test_filtered" not in measured.data["metrics"]:
        raise BundleError(f"{measured_by} was never scored on the test part: run evaluate_model.")
    kept = ("metrics", "robustness", "speed", "examined")
    adopted = {key: measured.data[key] for key in kept if key in measured.data}
    _write_card(card.folder, card.data | adopted | {"measured_by": measured_by})


def promote(model_id: str, registry: Registry) -> None:
    """Make a bundle the one that answers when none is named: by the registry's first folder."""
    folder = registry.folders[0]
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{POINTER}.partial"
    partial.write_text(model_id + "\n", encoding="utf-8")
    os.replace(partial, folder / POINTER)
