"""Many files: some are decoded while the networks hear others.

The files are one person's, so a decoder is used for several of them: to start one takes as much
time as to hear half a minute. Patches of several files are not put together: a network takes few at
once (see ml/networks/light.py), so that more would not make it quicker.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from ml.audio import confined
from ml.cpus import available_cpus
from ml.errors import AudioError, DecoderDied, TooComplex
from ml.inference.classifier import Classifier
from ml.inference.prediction import Prediction

T = TypeVar("T")
TASKS_EACH = 16  # that a decoder is used for, in the limits of one


@dataclass(frozen=True)
class FileResult:
    """What became of a file.

    prediction : None where it could not be heard, or was not to be
    error : why it could not be heard
    seconds : how long it took, beside others
    audio : the digest of its sound, where it was asked for; see `ml.audio.decode.digest`
    """

    path: Path
    prediction: Prediction | None
    error: AudioError | DecoderDied | OSError | None
    seconds: float
    audio: str = ""


def predict_files(
    classifier: Classifier,
    paths: Iterable[Path],
    *,
    max_duration_s: float,
    at_once: int | None = None,
    is_known: Callable[[str], bool] | None = None,
) -> Iterator[FileResult]:
    """Yield what becomes of each file, in their order.

    Parameters
    ----------
    max_duration_s : a longer file is refused, seconds
    at_once : how many files are under way; None takes one more than there are processors
    is_known : tells of the digest of a file's sound whether it was heard before; then it is not
        heard again. Called in threads. None asks for no digests.
    """
    at_once = at_once or available_cpus() + 1
    left = iter(paths)
    waiting: deque[Future[FileResult]] = deque()
    with (
        _Decoding(classifier.rate_hz, max_duration_s) as decoding,
        ThreadPoolExecutor(at_once, "classify") as pool,
    ):
        try:
            while True:
                for path in islice(left, at_once + 1 - len(waiting)):
                    waiting.append(pool.submit(_predict, classifier, decoding, path, is_known))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _predict(
    classifier: Classifier,
    decoding: _Decoding,
    path: Path,
    is_known: Callable[[str], bool] | None,
) -> FileResult:
    began = time.perf_counter()
    prediction, error, audio = None, None, ""
    try:
        if is_known is not None:
            audio = decoding.digest(path)
        if is_known is None or not is_known(audio):
            prediction = classifier.predict(decoding.decode(path))
    except (AudioError, DecoderDied, OSError) as found:
        error = found
    return FileResult(path, prediction, error, time.perf_counter() - began, audio)


class _Decoding:
    """Decoders for one person's files, each used for several; safe to use from threads."""

    def __init__(self, rate_hz: int, max_duration_s: float):
        self._rate_hz, self._max_duration_s = rate_hz, max_duration_s
        self._local = threading.local()
        self._all: list[confined.Decoders] = []
        self._lock = threading.Lock()

    def __enter__(self) -> _Decoding:
        return self

    def __exit__(self, *exception: object) -> None:
        for decoders in self._all:
            decoders.__exit__()

    def decode(self, path: Path) -> np.ndarray:
        """Decode a file. Raises AudioError, DecoderDied and OSError, as `confined.decode` does."""

        def decoded(decoders: confined.Decoders, file: BinaryIO) -> np.ndarray:
            return decoders.decode(file, rate_hz=self._rate_hz, max_duration_s=self._max_duration_s)

        return self._asked(path, decoded)

    def digest(self, path: Path) -> str:
        """Compute the digest of a file's sound. Raises as `decode` does."""
        return self._asked(path, confined.Decoders.digest)

    def _asked(self, path: Path, task: Callable[[confined.Decoders, BinaryIO], T]) -> T:
        decoders, used = getattr(self._local, "held", (None, 0))
        if decoders is None or used >= TASKS_EACH:
            decoders, used = self._renewed(decoders), 0
        self._local.held = decoders, used + 1
        try:
            return _opened(path, decoders, task)
        except TooComplex:
            if not used:
                raise
            # Its time or memory may have gone into the files before this one.
            self._local.held = self._renewed(decoders), 1
            return _opened(path, self._local.held[0], task)

    def _renewed(self, before: confined.Decoders | None) -> confined.Decoders:
        decoders = confined.Decoders(self._max_duration_s)
        with self._lock:
            if before is not None:
                self._all.remove(before)
                before.__exit__()
            self._all.append(decoders)
        return decoders


def _opened(
    path: Path, decoders: confined.Decoders, task: Callable[[confined.Decoders, BinaryIO], T]
) -> T:
    with path.open("rb") as file:
        return task(decoders, file)
