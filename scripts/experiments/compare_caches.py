"""How far two feature caches agree: python -m scripts.experiments.compare_caches ONE OTHER

For each track in both: the difference of the mel spectrograms in dB, and the correlation of the
mean tags. Decoders, resamplers and audio codecs differ a little; front ends that differ show here.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

import numpy as np

from ml.data.feature_cache import MEL_CACHE, TAGS_CACHE
from ml.errors import MLError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.compare_caches", description=__doc__
    )
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    options = parser.parse_args()
    try:
        print(compare_mel(options.one / MEL_CACHE, options.other / MEL_CACHE))
        print(compare_tags(options.one / TAGS_CACHE, options.other / TAGS_CACHE))
    except MLError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def compare_mel(one: Path, other: Path) -> str:
    rows = [_by_track(path, "logmel_db") for path in (one, other)]
    errors = [np.median(np.abs(a - b)) for a, b in _pairs(*rows)]
    return (
        f"mel: {len(errors)} tracks in both, median of a track's median difference "
        f"{np.median(errors):.2f} dB, worst {max(errors):.2f} dB"
    )


def compare_tags(one: Path, other: Path) -> str:
    rows = [_by_track(path, "tags") for path in (one, other)]
    correlations = [np.corrcoef(a.mean(axis=0), b.mean(axis=0))[0, 1] for a, b in _pairs(*rows)]
    return (
        f"tags: {len(correlations)} tracks in both, median correlation of a track's mean tags "
        f"{np.median(correlations):.4f}, worst {min(correlations):.4f}"
    )


def _by_track(path: Path, key: str) -> dict[str, np.ndarray]:
    """A track's row or rows, float32."""
    try:
        with np.load(path) as cache:
            values, owners = cache[key], cache["track"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise MLError(f"{path} is not a feature cache that can be read.") from exc
    names, first, counts = np.unique(owners, return_index=True, return_counts=True)
    return {
        str(name): values[i : i + n].astype(np.float32)
        for name, i, n in zip(names, first, counts, strict=True)
    }


def _pairs(one: dict, other: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    both = sorted(one.keys() & other.keys())
    if not both:
        raise MLError("These caches have no track in common.")
    return [(one[name], other[name]) for name in both]


if __name__ == "__main__":
    sys.exit(main())
