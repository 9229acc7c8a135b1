"""Loading of saved Keras models. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.tensorflow_import import import_tensorflow


def load_model(path: Path) -> Any:
    """Load a `.keras` file for inference; returns a keras.Model."""
    import_tensorflow()
    import keras

    from . import musicnn  # noqa: F401  registers the layers that saved models refer to

    return keras.saving.load_model(path, compile=False)


def one_output(model: Any, name: str) -> Any:
    """Return the part of a keras.Model from its first input to one of its outputs."""
    import keras

    source = model.input["patches"] if isinstance(model.input, dict) else model.input
    return keras.Model(source, model.output[name], name=name)
