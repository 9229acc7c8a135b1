"""Where a training stands, on disk, so that a killed one goes on at its last whole epoch.

`state.json` names the files of weights it belongs to and replaces the one before in one step; only
then are older weights removed. So a kill at any moment leaves a state and weights that match.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.errors import MLError

if TYPE_CHECKING:
    import keras

STATE = "state.json"


@dataclass
class State:
    """`recipe` is what the training is of: a folder that holds another one is not gone on with."""

    recipe: dict[str, Any]
    epoch: int = 0  # whole epochs done
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def last_weights(self) -> str:
        return f"epoch-{self.epoch:04}.weights.h5"

    @property
    def best_weights(self) -> str:
        return f"epoch-{self.best_epoch:04}.weights.h5"


def read(folder: Path, recipe: dict[str, Any]) -> State:
    """The state of a folder, or a new one. Raises MLError where another training lies there."""
    try:
        state = State(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return State(recipe)
    except (OSError, ValueError, TypeError) as exc:
        raise MLError(f"{folder / STATE} cannot be read: remove the folder to begin anew.") from exc
    if state.recipe != json.loads(json.dumps(recipe)):
        raise MLError(f"{folder} holds a training of another recipe, seed or data.")
    return state


def write(folder: Path, state: State, model: keras.Model) -> None:
    """Save weights, optimizer and state; then remove weights that no state names."""
    model.save_weights(folder / state.last_weights)
    partial = folder / f"{STATE}.partial"
    partial.write_text(json.dumps(asdict(state)), encoding="utf-8")
    os.replace(partial, folder / STATE)
    for path in folder.glob("epoch-*.weights.h5"):
        if path.name not in (state.last_weights, state.best_weights):
            path.unlink()
    _write_log(folder / "log.csv", state.history)


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    lines = [",".join(history[0]), *(",".join(map(str, row.values())) for row in history)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
