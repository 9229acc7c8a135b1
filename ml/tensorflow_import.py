"""Importing TensorFlow without its chatter.

Its C++ part writes notes about oneDNN and missing GPUs to stderr before any log level is heeded
(TF_CPP_MIN_LOG_LEVEL comes too late for them), which drowns the one line that matters to a person
at a terminal. So the file descriptor itself is closed off while the import runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow and Keras once, quietly; with TF_CPP_MIN_LOG_LEVEL=0 to 2, as it is."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] < "3":
        _import()
    else:
        with _stderr_closed():
            _import()


def _import() -> None:
    import keras  # noqa: F401
    import tensorflow as tf

    # The GPU look-up writes its notes too; doing it here keeps them in here.
    tf.config.list_physical_devices()
    tf.constant(0)


@contextmanager
def _stderr_closed() -> Iterator[None]:
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
