"""Model cards: what a bundle says of itself. Light: neither TensorFlow nor librosa is imported."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ml.audio.front_ends import FRONT_ENDS, LogMelFrontEnd, MelDbFrontEnd
from ml.errors import BundleError

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


def read_card(folder: Path) -> Card:
    """Read and check the card of a bundle's folder. Raises BundleError."""
    path = folder / "card.json"
    try:
        stat = path.stat()
        return _parsed(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))
    except OSError as exc:
        raise BundleError(f"There is no model {folder.name!r}.") from exc


@lru_cache(maxsize=64)
def _parsed(path: Path, state: tuple[int, int, int]) -> Card:
    """Parse a card. `state` is that of the file, so that a new one is read anew."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Card(
            model_id=data["model"],
            labels=tuple(data["labels"]),
            tags=tuple(data["tags"]),
            front_end=FRONT_ENDS[data["architecture"]](**data["front_end"]),
            sha256=data["sha256"],
            data=data,
            folder=path.parent,
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise BundleError(f"The card of model {path.parent.name!r} cannot be read.") from exc


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
