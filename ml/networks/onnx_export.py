"""Writing of networks in their light form: ONNX files, by tf2onnx.

Import this module only where TensorFlow is wanted; `requirements-training.txt` has the rest.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml.atomic_files import replacing
from ml.errors import BundleError

# Nothing that the networks need is newer, and every engine reads it.
OPSET = 15


def write_onnx(model: keras.Model, path: Path) -> Path:
    """Write a network of one input and one output; the number of patches at a time stays open.

    Weights that are whole numbers of 8 bits times a scale for each output channel are written as
    such, exactly, which takes a quarter of the space: YAMNet's are.

    Raises
    ------
    BundleError : tf2onnx is not installed, or has no counterpart of a layer
    """
    try:
        import onnx
    except ImportError as exc:
        raise BundleError(
            "Writing the light form needs tf2onnx: pip install -r requirements-training.txt"
        ) from exc
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports what was called
    with replacing(path) as draft:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of np.object, in Keras' own code
            model.export(str(draft), format="onnx", verbose=False, opset_version=OPSET)
        graph = onnx.load(str(draft))
        _write_whole_numbers(graph)
        onnx.checker.check_model(graph)
        onnx.save(graph, str(draft))
    return path


def _write_whole_numbers(model: Any) -> None:
    """Replace weights by whole numbers and scales where that is exact, in place."""
    from onnx import helper, numpy_helper

    graph = model.graph
    # Output channels are the first axis of a convolution's weights and the last of a matrix.
    axes = {node.input[1]: 0 for node in graph.node if node.op_type == "Conv"}
    axes |= {node.input[1]: 1 for node in graph.node if node.op_type == "MatMul"}
    nodes = []
    for weights in [tensor for tensor in graph.initializer if tensor.name in axes]:
        axis = axes[weights.name]
        found = _whole_numbers(numpy_helper.to_array(weights), axis)
        if found is None:
            continue
        graph.initializer.remove(weights)
        names = f"{weights.name}_int8", f"{weights.name}_scale"
        graph.initializer.extend(map(numpy_helper.from_array, found, names))
        nodes.append(helper.make_node("DequantizeLinear", names, [weights.name], axis=axis))
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)


def _whole_numbers(weights: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return int8 weights and a float32 scale for each channel of an axis; None if not exact."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scales = np.maximum(np.abs(weights).max(axis=others) / 127, np.finfo(np.float32).tiny)
    spread = np.expand_dims(scales, others)
    whole = np.rint(weights / spread).astype(np.int8)
    return (whole, scales) if np.array_equal(whole * spread, weights) else None
