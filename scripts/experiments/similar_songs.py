"""Which distance finds songs that are alike: measured on labelled recordings of many places.

    python -m scripts.experiments.similar_songs --wild FOLDER

Of each recording the ten nearest from other places are looked at: the share that has its genre, or
its kind of other music, where a kind has 15 recordings. Nobody has said which songs are similar; a
shared genre is the nearest thing to it that is labelled. Places are kept apart, as recordings of
one are alike by how they were encoded and cut.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from ml.data.labelled_cache import LabelledCache, read_labelled_cache
from ml.data.yamnet_logits import EPSILON
from ml.families.musicnn_yamnet.classes import CLASSES
from ml.heads.linear_head import log_odds
from ml.registry.bundles import SHIPPED

NEAREST, LEAST = 10, 15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wild", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    cache = read_labelled_cache(options.wild)
    x = stored_features(cache)
    labels = named(cache)
    card = SHIPPED.card("musicnn-yamnet-1")
    rows = labels != ""
    x, labels, places = x[rows], labels[rows], cache.places[rows]
    centred = x - np.array(card.head.baseline)
    weighed = np.array([any(row) for row in card.head.kernel])
    spread = x.std(axis=0)
    spaces: dict[str, np.ndarray] = {
        "features": x,
        "less the mean of the card": centred,
        "the same, those of the head alone": centred[:, weighed],
        "less their mean, by their spread": (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1),
        "logits of the ten": x @ np.array(card.head.kernel) + np.array(card.head.bias),
    }
    print(f"{len(x):,} recordings of {len(set(labels.tolist()))} genres and kinds; "
          f"by chance {chance(labels, places):.3f}")  # fmt: skip
    print(f"{'distance':36} {'by cosine':>10} {'by length':>10}")
    for name, space in spaces.items():
        shares = [share(metric(space), labels, places) for metric in (cosine, length)]
        print(f"{name:36} {shares[0]:10.3f} {shares[1]:10.3f}")
    return 0


def stored_features(cache: LabelledCache) -> np.ndarray:
    """What the site stores of each recording, [shape=(n, 197)]: log odds of tags and of classes."""
    tags = np.stack([log_odds(t.astype(np.float64), 0.01).mean(axis=0) for t in cache.tags])
    low = np.log(EPSILON / (1 - EPSILON))
    return np.concatenate([tags, np.clip(cache.yamnet_logits[:, CLASSES], low, -low)], axis=1)


def named(cache: LabelledCache) -> np.ndarray:
    """The genre or kind of each recording, "" for those that have none or are too few."""
    genres = np.array(SHIPPED.card("musicnn-yamnet-1").labels)
    names = np.where(cache.is_other_music, cache.kinds.astype(str), "")
    names = np.where(cache.is_known, genres[cache.y], names)
    found, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.where((counts >= LEAST)[codes], found[codes], "")


def cosine(space: np.ndarray) -> np.ndarray:
    unit = space / np.linalg.norm(space, axis=1, keepdims=True)
    return -(unit @ unit.T)


def length(space: np.ndarray) -> np.ndarray:
    squares = (space**2).sum(axis=1)
    return squares[:, None] + squares[None] - 2 * space @ space.T


def share(distances: np.ndarray, labels: np.ndarray, places: np.ndarray) -> float:
    distances = np.where(places[:, None] == places[None], np.inf, distances)
    nearest = np.argsort(distances, axis=1)[:, :NEAREST]
    return float((labels[nearest] == labels[:, None]).mean())


def chance(labels: np.ndarray, places: np.ndarray) -> float:
    """The share that ten drawn at random from other places would have."""
    elsewhere = places[:, None] != places[None]
    same = (labels[:, None] == labels[None]) & elsewhere
    return float((same.sum(axis=1) / elsewhere.sum(axis=1)).mean())


if __name__ == "__main__":
    sys.exit(main())
