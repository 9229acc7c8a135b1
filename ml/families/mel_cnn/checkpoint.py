"""The state of a training on disk, so that a killed one continues after its last whole epoch.

Not keras.callbacks.BackupAndRestore: it writes the weights and the number of the epoch one after
the other, so a kill between the two leaves weights of one epoch under the number of another, and it
keeps nothing of early stopping. Here `state.json` names the files of weights it belongs to and
replaces the one before in one step; only then are older weights removed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.atomic_files import replacing
from ml.errors import MLError

if TYPE_CHECKING:
    import keras

STATE = "state.json"


@dataclass
class State:
    """A training as far as it has come.

    Attributes
    ----------
    recipe : what the training is of; a folder of another one is refused
    best_epoch : the epoch whose weights the network ends with
    history : a row of plain numbers of each whole epoch, with "epoch" from 1
    """

    recipe: dict[str, Any]
    best_epoch: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """Number of whole epochs done."""
        return len(self.history)

    @property
    def last_weights(self) -> str:
        """Name of the file of weights of the last epoch."""
        return f"epoch-{self.epoch:04}.weights.h5"

    @property
    def best_weights(self) -> str:
        """Name of the file of weights of the best epoch."""
        return f"epoch-{self.best_epoch:04}.weights.h5"


def read(folder: Path, recipe: dict[str, Any]) -> State:
    """Read the state in a folder, or make a new one.

    Raises
    ------
    MLError : the folder holds another training, or a state that cannot be read
    """
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
    """Save weights, optimizer and state; then remove weights that the state does not name."""
    model.save_weights(folder / state.last_weights)
    with replacing(folder / STATE) as draft:
        draft.write_text(json.dumps(asdict(state)), encoding="utf-8")
    for path in folder.glob("epoch-*.weights.h5"):
        if path.name not in (state.last_weights, state.best_weights):
            path.unlink()
