"""Features of any folder of labelled audio, as `ml.data.labelled_cache` reads them."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.audio.decode import decode
from ml.audio.files import find_audio
from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.data.labelled_cache import FEATURES, TRACKS, read_tracks
from ml.errors import DatasetError
from ml.families.base import FeatureCache
from ml.families.musicnn_yamnet.front_end import TwoFrontEnds
from ml.networks import shipped

from .extraction import Done, Extraction, compute_parts, save_cache

FRONT_ENDS = TwoFrontEnds(LogMelFrontEnd(), YamnetFrontEnd())
RAISE_TO_DB = -20.0  # for MusiCNN, as bundles have it
# Longer recordings are heard in three windows, with their middles at these shares of the length.
WHOLE_S, WINDOW_S, MIDDLES = 30.0, 10.0, (0.25, 0.5, 0.75)
MAX_DURATION_S = 3600.0
FILE = "file"  # the column of a table that names audio files, where their names are not the tracks'
_one_at_a_time = threading.Lock()


def extract_labelled(
    dataset: Path,
    table: Path,
    out: Path,
    *,
    jobs: int = -1,
    backend: str = "loky",
    scheduler: str | None = None,
    progress: Callable[[Iterator[Done], int], Iterator[Done]] = lambda results, total: results,
) -> Extraction:
    """Fill a cache with the features of the tracks that a table names.

    Parameters
    ----------
    dataset : folder with their audio
    table : as `ml.data.labelled_cache` has it; a column "file" names a track's file below
        `dataset`, else it is the audio file that is named after the track
    jobs, backend, scheduler, progress : see `ml.training.extraction.extract`

    Raises
    ------
    DatasetError : the table cannot be read, a track has no file, or none can be read
    MLError : the package of the backend is missing
    """
    rows = read_tracks(table)
    done = compute_parts(
        find_files(dataset, rows),
        [CACHE],
        out,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
        progress=progress,
    )
    save_cache(out, CACHE, done.good)
    good = set(done.good)
    _write_table(Path(out) / TRACKS, [row for row in rows if row["track"] in good])
    return done


def find_files(dataset: Path, rows: Sequence[Mapping[str, str]]) -> dict[str, Path]:
    """Return the audio file of each track of a table. Raises DatasetError where there is none."""
    if not Path(dataset).is_dir():
        raise DatasetError(f"{dataset} is not a folder.")
    by_name = {path.stem: path for path in reversed(find_audio([Path(dataset)]))}
    found = {}
    for row in rows:
        name = row.get(FILE) or ""
        path = Path(dataset) / name if name else by_name.get(row["track"])
        if path is None or not path.is_file():
            looked = name or f"a file named {row['track']}"
            raise DatasetError(f"{dataset} has no audio of the track {row['track']!r}: {looked}.")
        found[row["track"]] = path
    return found


def windows_of(samples: np.ndarray, rate_hz: int) -> list[np.ndarray]:
    """Return what is heard of a recording: all of a short one, three windows of a longer one."""
    if samples.size <= WHOLE_S * rate_hz:
        return [samples]
    length = int(WINDOW_S * rate_hz)
    starts = [int(middle * samples.size) - length // 2 for middle in MIDDLES]
    return [samples[start : start + length] for start in starts]


def extract(path: Path) -> dict[str, np.ndarray]:
    """Compute the features of a recording.

    Returns
    -------
    {"musicnn_tags": [shape=(n_patches, 50)], "yamnet_logits": [shape=(n_windows, 521)]}, float16

    Raises
    ------
    AudioError : the file cannot be analysed
    BundleError : no bundle with the networks is at hand
    """
    from ml.families.musicnn_yamnet.inference import yamnet_logits

    samples = decode(path, rate_hz=FRONT_ENDS.rate_hz, max_duration_s=MAX_DURATION_S)
    with _one_at_a_time:
        musicnn, yamnet = shipped.musicnn(), shipped.yamnet()
    tags, logits = [], []
    for window in windows_of(samples, FRONT_ENDS.rate_hz):
        patches, _ = FRONT_ENDS.patches(
            window, hop_frames=FRONT_ENDS.patch_frames, raise_to_db=RAISE_TO_DB
        )
        tags.append(np.asarray(musicnn(patches.musicnn)["tags"]))
        logits.append(yamnet_logits(yamnet, patches.yamnet).mean(axis=0))
    return {
        "musicnn_tags": np.concatenate(tags).astype(np.float16),
        "yamnet_logits": np.stack(logits).astype(np.float16),
    }


def combine(names: Sequence[str], clips: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Join recordings to the arrays of the cache's file."""
    return {
        "track": np.array(names),
        "patch_count": np.array([len(clip["musicnn_tags"]) for clip in clips]),
        "musicnn_tags": np.concatenate([clip["musicnn_tags"] for clip in clips]),
        "window_count": np.array([len(clip["yamnet_logits"]) for clip in clips]),
        "yamnet_logits": np.concatenate([clip["yamnet_logits"] for clip in clips]),
    }


CACHE = FeatureCache(
    kind="labelled",
    file=FEATURES,
    settings={
        **{f"musicnn_{name}": value for name, value in FRONT_ENDS.musicnn.to_dict().items()},
        **{f"yamnet_{name}": value for name, value in FRONT_ENDS.yamnet.to_dict().items()},
        "raise_to_db": RAISE_TO_DB,
        "whole_s": WHOLE_S,
        "window_s": WINDOW_S,
    },
    extract=extract,
    combine=combine,
)


def _write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write the table without its column of files, which lie elsewhere for others."""
    columns = [name for name in rows[0] if name != FILE]
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
