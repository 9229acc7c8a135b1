"""Model cards: what a bundle says of itself. Light: neither TensorFlow nor librosa is imported."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.mel_db import MelDbFrontEnd
from ml.errors import BundleError

BUNDLES = Path(__file__).parents[1] / "bundles"
DEFAULT_FILE = "default.txt"
FRONT_ENDS = {"musicnn": LogMelFrontEnd, "mel-cnn": MelDbFrontEnd}
MODEL_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@dataclass(frozen=True)
class Card:
    """The part of `card.json` that code depends on; `data` is all of it.

    tags : what the network says besides genres; a mel-cnn has none
    """

    model_id: str
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    front_end: LogMelFrontEnd | MelDbFrontEnd
    sha256: str
    data: dict
    folder: Path

    @property
    def model_path(self) -> Path:
        return self.folder / "model.keras"

    @property
    def sibling(self) -> str:
        """The model whose measurements the card shows, because this one has heard the test tracks.

        "" for a model that was measured itself.
        """
        measured_by = self.data.get("measured_by", self.model_id)
        return measured_by if measured_by != self.model_id else ""

    @property
    def outside_path(self) -> Path | None:
        """The detector of music that is none of the ten genres, if the bundle has one."""
        name = self.data.get("outside", {}).get("file")
        return self.folder / name if name else None


def default_model_id(bundles: Path = BUNDLES) -> str:
    """The model that answers when none is named."""
    try:
        return (bundles / DEFAULT_FILE).read_text().strip()
    except OSError as exc:
        raise BundleError(f"{bundles / DEFAULT_FILE} is missing: no model is chosen.") from exc


def model_ids(bundles: Path = BUNDLES) -> list[str]:
    """Every bundle at hand, in order of name."""
    return sorted(path.parent.name for path in bundles.glob("*/card.json"))


@cache
def read_card(model_id: str | None = None, bundles: Path = BUNDLES) -> Card:
    """Read and check a card. Raises BundleError."""
    model_id = model_id or default_model_id(bundles)
    if not MODEL_ID.fullmatch(model_id):
        raise BundleError(f"{model_id!r} is no model id.")
    folder = bundles / model_id
    try:
        data = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        return Card(
            model_id=data["model"],
            labels=tuple(data["labels"]),
            tags=tuple(data["tags"]),
            front_end=FRONT_ENDS[data["architecture"]](**data["front_end"]),
            sha256=data["sha256"],
            data=data,
            folder=folder,
        )
    except OSError as exc:
        known = ", ".join(model_ids(bundles)) or "none"
        raise BundleError(f"There is no model {model_id!r}; at hand: {known}.") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise BundleError(f"The card of model {model_id!r} cannot be read.") from exc


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
