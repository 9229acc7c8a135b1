"""Speed: seconds of computation for half a minute of audio."""

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
    """Measure the median time from samples to answer of a warm model, without decoding.

    Noise serves as well as music: the network computes the same for any input.

    Returns
    -------
    {clip_s, seconds_per_clip, runs, cores}
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
