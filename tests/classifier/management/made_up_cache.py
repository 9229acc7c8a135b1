"""Feature caches of made-up tags, under the names of GTZAN's tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.data.gtzan import GENRES, every_track, split
from tests.ml.made_up import made_up_sounds, made_up_tags


def write_cache(folder: Path, seed: int = 0) -> Path:
    """`musicnn_tags.npz` of every track, three patches each, and `sounds.npz`."""
    rng = np.random.default_rng(seed)
    names = sorted({*every_track(), *(name for part in ("train", "test") for name in split(part))})
    tags = [made_up_tags(rng, GENRES.index(name.split(".")[0])) for name in names]
    np.savez(folder / "musicnn_tags.npz", tags=np.concatenate(tags), track=np.repeat(names, 3))
    sounds = made_up_sounds()
    clips = [
        (kind, i, tags) for kind, all_tags in sounds.items() for i, tags in enumerate(all_tags)
    ]
    np.savez(
        folder / "sounds.npz",
        tags=np.concatenate([tags for _, _, tags in clips]),
        track=np.repeat([f"{kind} {i}" for kind, i, _ in clips], 3),
        kind=np.repeat([kind for kind, _, _ in clips], 3),
    )
    return folder


# One candidate, so that training takes a moment.
RECIPE = """
architecture = "musicnn"
summary = "a trial"
[musicnn]
floors = [1e-3]
shrinkages = [0.1]
"""
