"""Networks in their light form, run by OpenVINO. Import this module only where that is wanted."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
from openvino.passes import ConstantFolding, Manager

from ml.cpus import available_cpus

# bfloat16, its default on some processors, changes logits by 0.3.
PRECISION = "f32"
PATIENCE_S = 10.0


class LightNetwork:
    """A network of one input and one output.

    Patches are run side by side, each on one thread: layers of so small a network gain little by
    being shared between threads.

    Parameters
    ----------
    path : an ONNX file
    batch : patches that one thread takes at a time
    threads : how many; None takes those that this process may use
    """

    def __init__(self, path: Path, *, batch: int = 1, threads: int | None = None):
        threads = threads or available_cpus()
        core = ov.Core()
        model = core.read_model(path)
        _fold_constants(model)
        shape = model.input(0).get_partial_shape()
        model.reshape([batch, *(axis.get_length() for axis in list(shape)[1:])])
        compiled = core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": PRECISION,
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": threads,
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._input_shape = tuple(compiled.input(0).shape)
        self._width = compiled.output(0).shape[1]
        self._requests = ov.AsyncInferQueue(compiled, threads)
        self._requests.set_callback(_store)
        self._starting = threading.Lock()

    def __call__(self, patches: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Compute the outputs [shape=(n_patches, n_outputs), dtype=float32] for patches.

        May be called from several threads: their patches share the threads of the network.
        """
        batch = self._input_shape[0]
        outputs = np.empty((len(patches), self._width), np.float32)
        order = _Order(math.ceil(len(patches) / batch))
        for first in range(0, len(patches), batch):
            rows = outputs[first : first + batch]
            filled = np.zeros(self._input_shape, np.float32)
            filled[: len(rows)] = patches[first : first + batch]
            with self._starting:  # between finding a request that is idle and taking it
                self._requests.start_async([filled], (rows, order))
        while not order.done.wait(PATIENCE_S):
            self._requests.wait_all()  # raises what went wrong: then nobody tells of the end
        return outputs


class _Order:
    """Counts what is left to compute for one caller."""

    def __init__(self, n: int):
        self.done = threading.Event()
        self._left = n
        self._lock = threading.Lock()
        if not n:
            self.done.set()

    def tell(self) -> None:
        with self._lock:
            self._left -= 1
            if not self._left:
                self.done.set()


def _fold_constants(model: ov.Model) -> None:
    """Turn weights that are stored as whole numbers into float32 before OpenVINO compiles them.

    Left to itself it keeps them as they are; and of 25 times that it was compiled for two threads
    (2026.4), YAMNet answered nonsense 4 times. The cause is that of
    https://github.com/openvinotoolkit/openvino/issues/36328, or alike.
    """
    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


def _store(request: ov.InferRequest, told: tuple[np.ndarray, _Order]) -> None:
    rows, order = told
    rows[:] = request.get_output_tensor().data[: len(rows)]
    order.tell()
