"""Model bundles on disk: where they are found, and which of them serves."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ml.errors import BundleError

from .card import MODEL_ID, ModelCard, file_state, read_card

SHIPPED_FOLDER = Path(__file__).parents[1] / "bundles"
# The file that names the bundle that serves, in one line.
POINTER = "default.txt"


@dataclass(frozen=True)
class Registry:
    """The bundles in some folders; of two of the same name the first folder's is taken.

    Nothing is cached but parsed cards, and these only until their file changes, so that a process
    that runs for weeks sees a promotion and newly trained bundles.

    Attributes
    ----------
    folders : searched in this order
    """

    folders: tuple[Path, ...]

    @classmethod
    def at(cls, *folders: Path) -> Registry:
        """Make the registry of some folders."""
        return cls(folders)

    def ids(self) -> list[str]:
        """Return the id of every bundle at hand, in order of name."""
        return sorted({path.parent.name for path in self._cards()})

    def default_id(self) -> str:
        """Return the id of the bundle that answers when none is named.

        It is that of the first folder whose pointer names a bundle at hand: what an operator
        promoted takes precedence over what is shipped, and once it is deleted, the shipped one
        serves again.

        Raises
        ------
        BundleError : no folder names one
        """
        for folder in self.folders:
            try:
                model_id = (folder / POINTER).read_text(encoding="utf-8").strip()
            except OSError:
                continue
            if MODEL_ID.fullmatch(model_id) and self._find(model_id):
                return model_id
        raise BundleError(f"No {POINTER} names a model that is at hand.")

    def card(self, model_id: str | None = None) -> ModelCard:
        """Read a card, by default that of the bundle that serves.

        Raises
        ------
        BundleError : there is no such bundle, or its card cannot be read
        """
        model_id = model_id or self.default_id()
        if not MODEL_ID.fullmatch(model_id):
            raise BundleError(f"{model_id!r} is no model id.")
        folder = self._find(model_id)
        if folder is None:
            known = ", ".join(self.ids()) or "none"
            raise BundleError(f"There is no model {model_id!r}; at hand: {known}.")
        return read_card(folder)

    def cards(self) -> list[ModelCard]:
        """Return every card that can be read, in order of name."""
        found = []
        for model_id in self.ids():
            try:
                found.append(self.card(model_id))
            except BundleError:  # incomplete, e.g. of a training that is running
                continue
        return found

    def state(self) -> str:
        """Return a short text that changes whenever a card is added, changed or removed."""
        states = []
        for path in self._cards():
            with suppress(FileNotFoundError):  # removed meanwhile
                states.append((str(path), *file_state(path)))
        return hashlib.sha256(repr(states).encode()).hexdigest()[:16]

    def _cards(self) -> list[Path]:
        return sorted(path for folder in self.folders for path in folder.glob("*/card.json"))

    def _find(self, model_id: str) -> Path | None:
        folders = (folder / model_id for folder in self.folders)
        return next((folder for folder in folders if (folder / "card.json").is_file()), None)


SHIPPED = Registry.at(SHIPPED_FOLDER)
