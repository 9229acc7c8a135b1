"""How long a model takes over half a minute of sound."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import numpy as np

from ml.inference.classifier import Classifier

CLIP_S = 30.0
RUNS = 7


def measure_speed(classifier: Classifier) -> dict[str, Any]:
    """Median seconds from samples to answer of a warm model; decoding is not in it.

    Noise serves as well as music: the network does the same sums whatever it hears.
    """
    rate_hz = classifier.rate_hz
    noise = np.random.default_rng(0).normal(0, 0.1, int(CLIP_S * rate_hz)).astype(np.float32)
    classifier.predict(noise)
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        classifier.predict(noise)
        taken.append(time.perf_counter() - started)
    return {
        "clip_s": CLIP_S,
        "seconds_per_clip": round(statistics.median(taken), 3),
        "runs": RUNS,
        "cores": os.cpu_count(),
    }
