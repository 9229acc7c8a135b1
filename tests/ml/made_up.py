"""Made-up features that a classifier can learn in a moment."""

from __future__ import annotations

import numpy as np

from ml.data.feature_cache import Examples


def made_up_tags(rng: np.random.Generator, genre: int, n_patches: int = 3) -> np.ndarray:
    """Tags in which each genre has three of its own; [shape=(n_patches, 50), dtype=float32]."""
    tags = rng.uniform(0.01, 0.3, (n_patches, 50)).astype(np.float32)
    tags[:, genre * 3 : genre * 3 + 3] += 0.4
    return tags


def made_up_examples(tracks_a_genre: int = 24, seed: int = 3) -> Examples:
    """Ten genres; two tracks an artist."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(10), tracks_a_genre)
    return Examples(
        [f"track {i}" for i in range(len(y))],
        [made_up_tags(rng, genre) for genre in y],
        y,
        [f"artist {i // 2}" for i in range(len(y))],
    )


def made_up_sounds(n: int = 12, seed: int = 4) -> dict[str, list[np.ndarray]]:
    """Two kinds of what is no music: the tags that no genre has, and all of them faint."""
    rng = np.random.default_rng(seed)
    speech, noise = [], []
    for _ in range(n):
        tags = rng.uniform(0.01, 0.1, (3, 50)).astype(np.float32)
        noise.append(tags)
        speech.append(tags.copy())
        speech[-1][:, 40:45] += 0.6
    return {"speech": speech, "noise": noise}
