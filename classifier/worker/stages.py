"""How long the parts of a job take: getting the sound, and predicting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from classifier.models import Classification


class Stages:
    """Sums the seconds of each stage of one job, which may take turns."""

    def __init__(self, source: str):
        # Videos are decoded as they come, by the child process that fetches them.
        self._getting = "fetch" if source == Classification.Source.YOUTUBE else "decode"
        self._seconds = {self._getting: 0.0}

    @contextmanager
    def getting(self) -> Iterator[None]:
        """Count a block as getting the sound."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[self._getting] += time.perf_counter() - began

    def waiting_for(
        self, windows: Iterator[tuple[float, np.ndarray]]
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield windows, and count the time until each comes as getting the sound."""
        while True:
            with self.getting():
                window = next(windows, None)
            if window is None:
                return
            yield window

    def rounded(self, total_s: float) -> dict[str, float]:
        """Return {stage: seconds}; what is left of the total is the prediction's."""
        predict = max(0.0, total_s - self._seconds[self._getting])
        return {name: round(s, 3) for name, s in {**self._seconds, "predict": predict}.items()}
