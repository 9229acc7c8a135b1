"""Bundles on disk: where they are found, and which of them serves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml.errors import BundleError

from .card import MODEL_ID, ModelCard, read_card

SHIPPED_FOLDER = Path(__file__).parents[1] / "bundles"
# Names the bundle that serves, one line.
POINTER = "default.txt"


@dataclass(frozen=True)
class Registry:
    """Bundles in some folders; of two of the same name the first folder's is taken.

    Nothing is remembered but parsed cards, and these only until their file changes: a process that
    runs for weeks sees a promotion, and a bundle that was trained since.
    """

    folders: tuple[Path, ...]

    @classmethod
    def at(cls, *folders: Path) -> Registry:
        return cls(folders)

    def ids(self) -> list[str]:
        """Return every bundle at hand, in order of name."""
        found = {path.parent.name for folder in self.folders for path in folder.glob("*/card.json")}
        return sorted(found)

    def default_id(self) -> str:
        """Return the bundle that answers when none is named. Raises BundleError.

        The first folder decides that names a bundle which is at hand: what an operator promoted
        goes before what is shipped, and once it is deleted, the shipped one serves again.
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
        """Read a card, by default that of the bundle that serves. Raises BundleError."""
        model_id = model_id or self.default_id()
        if not MODEL_ID.fullmatch(model_id):
            raise BundleError(f"{model_id!r} is no model id.")
        folder = self._find(model_id)
        if folder is None:
            known = ", ".join(self.ids()) or "none"
            raise BundleError(f"There is no model {model_id!r}; at hand: {known}.")
        return read_card(folder)

    def cards(self) -> list[ModelCard]:
        """Every card that can be read, in order of name."""
        found = []
        for model_id in self.ids():
            try:
                found.append(self.card(model_id))
            except BundleError:  # half a bundle, say of a training that goes on
                continue
        return found

    def _find(self, model_id: str) -> Path | None:
        folders = (folder / model_id for folder in self.folders)
        return next((folder for folder in folders if (folder / "card.json").is_file()), None)


SHIPPED = Registry.at(SHIPPED_FOLDER)
