"""Made-up features that a classifier can learn in a moment."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ml.data.feature_cache import Examples
from ml.data.gtzan import GENRES
from ml.data.labelled_cache import COLUMNS


def made_up_tags(rng: np.random.Generator, genre: int, n_patches: int = 3) -> np.ndarray:
    """Tags in which each genre has three of its own; [shape=(n_patches, 50), dtype=float32]."""
    tags = rng.uniform(0.01, 0.3, (n_patches, 50)).astype(np.float32)
    tags[:, genre * 3 : genre * 3 + 3] += 0.4
    return tags


def made_up_examples(
    tracks_a_genre: int = 24, seed: int = 3, *, with_yamnet: bool = False
) -> Examples:
    """Ten genres; two tracks an artist. Of every other track YAMNet's logits are not known."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(10), tracks_a_genre)
    return Examples(
        [f"track {i}" for i in range(len(y))],
        [made_up_tags(rng, genre) for genre in y],
        y,
        [f"artist {i // 2}" for i in range(len(y))],
        _half_known(rng, y) if with_yamnet else None,
    )


def _half_known(rng: np.random.Generator, y: np.ndarray) -> np.ndarray:
    logits = np.concatenate([made_up_logits(rng, genre) for genre in y])
    logits[1::2] = np.nan
    return logits


def made_up_logits(rng: np.random.Generator, genre: int, n_windows: int = 1) -> np.ndarray:
    """YAMNet's logits in which each genre has two classes of its own; [shape=(n_windows, 521)]."""
    logits = rng.normal(-8, 1, (n_windows, 521))
    logits[:, 211 + 2 * genre : 213 + 2 * genre] += 5
    return logits


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


def write_labelled_cache(
    folder: Path,
    *,
    places: int = 12,
    tracks_a_place: int = 14,
    seed: int = 5,
    with_yamnet: bool = False,
) -> Path:
    """A cache for `ml.data.labelled_cache`: ten of the genres, two of other music, a kin, speech.

    Every place has all of them; some artists are in two places, some are not known.
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, str]] = []
    tags, logits = [], []
    for place in range(places):
        for i in range(tracks_a_place):
            row = dict.fromkeys(COLUMNS, "") | {
                "track": f"t{len(rows):04}",
                "role": "in",
                "label_strength": "AB"[i % 2],
                "place": f"place {place}",
                "artist": "" if i % 5 == 4 else f"artist {place // 2 if i == 3 else len(rows)}",
            }
            if i < len(GENRES):
                row["label"] = GENRES[i]
                patches = made_up_tags(rng, i)
            elif i < 12:
                row |= {"role": "out", "kind": "techno"}
                patches = made_up_tags(rng, 11)
            elif i == 12:
                row |= {"role": "near", "kind": "soul"}
                patches = made_up_tags(rng, 0)
            else:
                row |= {"role": "out", "kind": "speech"}
                patches = rng.uniform(0.01, 0.1, (2, 50)).astype(np.float32)
            rows.append(row)
            tags.append(patches)
            # Speech is the first class; other music and kin have classes that no genre has.
            sound = made_up_logits(rng, min(i, 13), n_windows=2)
            sound[:, 0] += 12 * (i == 13)
            logits.append(sound)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tracks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    arrays = {
        "track": np.array([row["track"] for row in rows]),
        "patch_count": np.array([len(patches) for patches in tags]),
        "musicnn_tags": np.concatenate(tags).astype(np.float16),
    }
    if with_yamnet:
        arrays["window_count"] = np.full(len(rows), 2)
        arrays["yamnet_logits"] = np.concatenate(logits).astype(np.float16)
    np.savez(folder / "features.npz", allow_pickle=False, **arrays)
    return folder
