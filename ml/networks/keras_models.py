"""Loading of saved Keras models. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.tensorflow_import import import_tensorflow


def load_model(path: Path) -> Any:
    """Load a `.keras` file for inference; returns a keras.Model."""
    import_tensorflow()
    import keras

    return keras.saving.load_model(path, compile=False)
