"""The feature cache of YAMNet: its logits on the segments of clips.

MusiCNN's tags of the same clips are the cache of the family `musicnn`; a head that hears both is
trained on both files.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.decode import decode
from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.data.feature_cache import YAMNET_CACHE
from ml.families.base import FeatureCache
from ml.networks import shipped

from .front_end import TwoFrontEnds

FRONT_ENDS = TwoFrontEnds(LogMelFrontEnd(), YamnetFrontEnd())
_one_at_a_time = threading.Lock()


def extract(path: Path) -> dict[str, np.ndarray]:
    """Compute YAMNet's logits of a clip, for each segment the mean over its patches.

    Returns
    -------
    {"logits": np.ndarray [shape=(n_segments, 521), dtype=float16]}

    Raises
    ------
    AudioError : the file cannot be analysed
    BundleError : no bundle with YAMNet is at hand
    """
    from .inference import window_means, yamnet_logits

    samples = decode(path, rate_hz=FRONT_ENDS.rate_hz)
    patches, _ = FRONT_ENDS.patches(samples, hop_frames=FRONT_ENDS.patch_frames)
    with _one_at_a_time:
        network = shipped.yamnet()
    logits = window_means(yamnet_logits(network, patches.yamnet), patches.spans)
    return {"logits": logits.astype(np.float16)}


def combine(names: Sequence[str], clips: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Join clips to the arrays of the cache: logits float16 (n, 521), a row a segment; track."""
    return {
        "logits": np.concatenate([clip["logits"] for clip in clips]),
        "track": np.repeat(names, [len(clip["logits"]) for clip in clips]),
    }


CACHE = FeatureCache(
    kind="yamnet",
    file=YAMNET_CACHE,
    settings={**FRONT_ENDS.yamnet.to_dict(), "segment_frames": FRONT_ENDS.patch_frames},
    extract=extract,
    combine=combine,
)
