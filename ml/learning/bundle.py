"""Writing of a bundle that learned on: the networks of its base, with a head of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ml.errors import BundleError
from ml.heads.linear_head import LinearHead
from ml.heads.trained import OOD_FILE
from ml.registry.card import ModelCard, file_sha256, read_card, read_card_data
from ml.registry.writer import check_model_id, write_card

from .base import Base
from .learned import Learned

DRAFTS = ".drafts"  # in the folder of the bundles; what lies there serves nobody
# Of what the base learned and was measured by, which a bundle that learned on has no copy of.
LEFT = ("statistics", "imputation", "moments", "budget")
# What a card tells of the music and the tests of its base's genres.
OF_THE_BASE = (
    "data", "wild", "training", "examined", "robustness", "recipe", "trained_on",
    "confidence_words",
)  # fmt: skip
ALONE = "genres of this site alone, on the networks of another model"
ALONE_LIMITS = (
    "It knows the genres alone that it was taught, by recordings of one collection.",
    "How often it is right was told by those recordings, each by a head that heard none of its "
    "artist, and by no other test.",
)


def write_bundle(
    base: Base, learned: Learned, provenance: Mapping[str, Any], bundles: Path, model_id: str
) -> ModelCard:
    """Write the bundle `model_id` aside, and put it into a folder of bundles at once.

    Parameters
    ----------
    provenance : for the card, what is not known here: see `ml.registry.sections.training.Learned`

    Raises
    ------
    BundleError : the id cannot name a bundle, or there is one of that name
    """
    check_model_id(model_id)
    if (bundles / model_id).exists():
        raise BundleError(f"There is a model {model_id!r} already.")
    draft = bundles / DRAFTS / model_id
    shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
    draft.mkdir(parents=True)
    for path in network_files(base.card):
        shutil.copyfile(path, draft / path.name)
    learned.fitted.detector.save(draft / OOD_FILE)
    data = read_card_data(base.card.folder)
    for name in LEFT:
        data.pop(name, None)
    head = LinearHead(
        learned.fitted.kernel, learned.fitted.bias, base.head.baseline, base.head.clip_epsilon
    )
    data |= {
        "model": model_id,
        "created": date.today().isoformat(),
        "measured_by": base.card.model_id,
        "head": head.to_dict(base.card.tags),
        "outside": data["outside"]
        | {
            "threshold": round(learned.fitted.threshold, 4),
            "sha256": file_sha256(draft / OOD_FILE),
        },
        "learned": {
            "base": base.card.model_id,
            **learned.report,
            "own_levels": learned.levels is not None,
            **provenance,
        },
    }
    data["labels"] = list(learned.fitted.labels)
    data["calibration"] = learned.fitted.calibration and learned.fitted.calibration.model_dump()
    if learned.fitted.labels != base.card.labels:
        data["metrics"] = {}  # those of the base are of other genres
    if data["learned"].get("alone"):
        for name in OF_THE_BASE:
            data.pop(name, None)
        data["summary"] = ALONE
        data["limits"] = list(ALONE_LIMITS)
        data["outside"] = data["outside"] | {"sounds_like": []}
    if learned.levels is not None:
        data["confidence_words"] = learned.levels
    write_card(draft, data)
    draft.rename(bundles / model_id)
    return read_card(bundles / model_id)


def network_files(card: ModelCard) -> list[Path]:
    """The files of a bundle's networks, in both forms."""
    names = [card.model_path.name]
    if card.yamnet:
        names.append(card.yamnet.file)
    if card.light:
        names += [file.file for file in card.light.networks.values()]
    return [card.folder / name for name in names if (card.folder / name).is_file()]
