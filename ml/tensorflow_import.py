"""Import of TensorFlow without the notes it writes to stderr.

Its C++ part writes notes about oneDNN and missing GPUs before it reads TF_CPP_MIN_LOG_LEVEL, and a
person at a terminal would miss the one line that matters among them. So stderr's file descriptor
points to os.devnull while the import runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow and Keras once; its notes show with TF_CPP_MIN_LOG_LEVEL=0 to 2 only."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] < "3":
        _import()
    else:
        with _stderr_closed():
            _import()


# Keras imports these where they are installed, for wrappers and plots that are not used here. They
# take a second, and a worker 90 MB.
NEEDLESS = ("matplotlib", "scipy", "sklearn")


def _import() -> None:
    with _as_if_missing(NEEDLESS):
        import keras  # noqa: F401
        import tensorflow as tf

    # The look-up of GPUs writes notes too, so it is done while stderr is closed.
    tf.config.list_physical_devices()
    tf.constant(0)


@contextmanager
def _as_if_missing(names: Iterable[str]) -> Iterator[None]:
    """Have imports of modules fail meanwhile, but of those that are imported already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what the import system takes for it
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


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
