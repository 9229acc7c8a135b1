"""What Keras' callbacks do with the epochs of a training: early stopping and logs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from ml.errors import MLError

CSV_LOG = "log.csv"
TENSORBOARD_LOG = "tensorboard"


class Progress:
    """The callbacks of a training whose epochs are calls of `fit` of their own.

    They are told each epoch, numbered from 1. The state of early stopping and the rows of the CSV
    log follow from the history alone, so a training that continues tells them its history again
    and neither needs to be saved.
    """

    def __init__(
        self,
        model: keras.Model,
        out: Path,
        history: Sequence[dict[str, Any]],
        *,
        columns: Sequence[str],
        patience: int | None,
        tensorboard: bool,
    ):
        """Begin, or begin again after the epochs in `history`.

        Parameters
        ----------
        columns : of the CSV log, besides "epoch"
        patience : epochs without a better validation loss before the training stops; None where
            nothing was kept back to validate on
        tensorboard : also write the curves for TensorBoard

        Raises
        ------
        MLError : TensorBoard's package, which Keras writes its curves with, is missing
        """
        if tensorboard and find_spec("tensorboard") is None:
            raise MLError("Curves for TensorBoard need the package 'tensorboard'.")
        self._stopping = None
        callbacks = []
        if patience is not None:
            self._stopping = keras.callbacks.EarlyStopping(
                monitor="valid_loss", mode="min", patience=patience
            )
            callbacks.append(self._stopping)
        csv_log = keras.callbacks.CSVLogger(out / CSV_LOG)
        replayed = keras.callbacks.CallbackList([*callbacks, csv_log], model=model)
        replayed.on_train_begin()
        # Else a column of NA is written for the validation that Keras expects beside each value.
        csv_log.keys = list(columns)
        for row in history:
            _tell(replayed, row)
        self._lists = [replayed]
        if tensorboard:
            curves = keras.callbacks.TensorBoard(out / TENSORBOARD_LOG, write_graph=False)
            self._lists.append(keras.callbacks.CallbackList([curves], model=model))
            self._lists[-1].on_train_begin()

    def best_epoch(self, last: int) -> int:
        """Return the epoch of the least validation loss; without any, the last one."""
        return (self._stopping and self._stopping.best_epoch) or last

    def tell(self, row: dict[str, Any]) -> None:
        """Pass an epoch on; early stopping sets `stop_training` of the model."""
        for callbacks in self._lists:
            _tell(callbacks, row)

    def close(self) -> None:
        """Close the logs."""
        for callbacks in self._lists:
            callbacks.on_train_end()


def _tell(callbacks: keras.callbacks.CallbackList, row: dict[str, Any]) -> None:
    logs = {name: value for name, value in row.items() if name != "epoch"}
    callbacks.on_epoch_begin(row["epoch"])
    callbacks.on_epoch_end(row["epoch"], logs)
