"""How long it takes to find the nearest of a hundred thousand songs, and what they cost."""

from __future__ import annotations

import os
import resource
import time

import django
import numpy as np

SONGS, ASKED = 100_000, 200


def measure() -> dict:
    """Search made-up vectors; to read those of a site from its database comes on top, once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genresite.settings")
    django.setup()
    from classifier import serving
    from classifier.similar.nearest import Space

    rng = np.random.default_rng(0)
    d = len(serving.card().weighed_tags)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    vectors = rng.normal(size=(SONGS, d)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers = np.arange(SONGS)
    space = Space("bench", numbers, numbers, np.zeros(SONGS, np.uint8), vectors)
    visible = np.ones(SONGS, bool)
    times = []
    for asked in rng.integers(0, SONGS, ASKED):
        began = time.perf_counter()
        near = space.nearest(vectors[asked], visible, 26)
        times.append(time.perf_counter() - began)
        assert near[0].pk == asked
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "songs": SONGS,
        "numbers a song": d,
        "median_ms": round(float(np.median(times)) * 1000, 1),
        "p95_ms": round(float(np.percentile(times, 95)) * 1000, 1),
        "vectors_mb": round(vectors.nbytes / 1e6),
        "peak_above_mb": round((after - before) * 1024 / 1e6),
    }
