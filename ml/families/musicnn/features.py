"""The feature cache of MusiCNN: the tags of the patches of clips.

The settings are those of the cache that the shipped models were trained on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.decode import decode
from ml.audio.front_ends import LogMelFrontEnd
from ml.data.feature_cache import TAGS_CACHE
from ml.families.base import FeatureCache
from ml.networks import shipped

HOP_FRAMES = 62  # about 1 s between patches of about 3 s
BATCH = 32  # patches a call of the network
_one_at_a_time = threading.Lock()


def extract(path: Path) -> dict[str, np.ndarray]:
    """Compute the tags of a clip.

    Returns
    -------
    {"tags": np.ndarray [shape=(n_patches, 50), dtype=float32], in [0, 1]}

    Raises
    ------
    AudioError : the file cannot be analysed
    BundleError : no bundle of this family is at hand
    """
    front_end = LogMelFrontEnd()
    samples = decode(path, rate_hz=front_end.rate_hz)
    patches, _ = front_end.patches(samples, hop_frames=HOP_FRAMES)
    with _one_at_a_time:
        network = shipped.musicnn()
    # In batches, so that a whole song takes no more memory than a clip.
    batches = [patches[i : i + BATCH] for i in range(0, len(patches), BATCH)]
    tags = [np.asarray(network(batch)["tags"], np.float32) for batch in batches]
    return {"tags": np.concatenate(tags)}


def combine(names: Sequence[str], clips: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Join clips to the arrays of the cache: tags float32 (n, 50), a row a patch; track (n,)."""
    return {
        "tags": np.concatenate([clip["tags"] for clip in clips]),
        "track": np.repeat(names, [len(clip["tags"]) for clip in clips]),
    }


CACHE = FeatureCache(
    kind="tags",
    file=TAGS_CACHE,
    settings={**LogMelFrontEnd().to_dict(), "hop_frames": HOP_FRAMES},
    extract=extract,
    combine=combine,
)
