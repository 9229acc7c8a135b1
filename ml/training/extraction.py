"""Extraction of the feature caches that training reads from GTZAN on disk, on all cores.

The model families define which caches there are and what they hold: see
`ml.families.base.FeatureCache`. Each track's features are first written to a file of their own in
`parts/`, so a second run computes only what is missing or whose audio has changed.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.audio.files import find_audio
from ml.data.gtzan import GENRES
from ml.errors import DatasetError, MLError
from ml.families.base import FeatureCache, feature_caches
from ml.registry.card import file_sha256

from .parallel import working_with

TRACK = re.compile(rf"({'|'.join(GENRES)})\.\d{{5}}")
# Of one track: its name, whether anything was computed, and why it could not be.
Done = tuple[str, bool, str]


@dataclass(frozen=True)
class Extraction:
    """The result of a run.

    Attributes
    ----------
    good : names of the tracks that have features, in the order they were named in
    computed, kept : of these, those whose features are new, and those that had them
    failed : (file, reason) pairs of what could not be read
    """

    good: list[str]
    computed: list[str]
    kept: list[str]
    failed: list[tuple[Path, str]]


def find_tracks(dataset: Path) -> dict[str, Path]:
    """Return the audio file of each track of GTZAN below a folder, by its name.

    Any layout whose files are named after their tracks: `genres/blues/blues.00042.wav` (au, mp3
    ...), Kaggle's `genres_original/`, or all in one folder.

    Raises
    ------
    DatasetError : there is no such file
    """
    if not Path(dataset).is_dir():
        raise DatasetError(f"{dataset} is not a folder.")
    found: dict[str, Path] = {}
    for path in find_audio([Path(dataset)]):
        if TRACK.fullmatch(path.stem):
            found.setdefault(path.stem, path)
    if not found:
        raise DatasetError(
            f"{dataset} holds no track of GTZAN: files named like blues.00042.wav are looked for."
        )
    return dict(sorted(found.items()))


def extract(
    dataset: Path,
    out: Path,
    *,
    kinds: Sequence[str] = (),
    jobs: int = -1,
    backend: str = "loky",
    scheduler: str | None = None,
    progress: Callable[[Iterator[Done], int], Iterator[Done]] = lambda results, total: results,
) -> Extraction:
    """Fill the caches in `out` from the tracks below `dataset`.

    Parameters
    ----------
    kinds : which caches, see `ml.families.base.feature_caches`; none named are all
    jobs : how many tracks at a time; -1 for as many as there are cores
    backend : of ml.training.parallel.BACKENDS. "loky" and "threading" use this machine; "dask" and
        "ray" a cluster whose machines see `dataset` and `out` under the same paths
    scheduler : the cluster's address; without it, dask and ray start one on this machine
    progress : wraps the stream of results, given their number, e.g. in a progress bar

    Raises
    ------
    DatasetError : no track is there, or none of them can be read
    MLError : the package of the backend is missing
    """
    caches = feature_caches()
    chosen = [caches[kind] for kind in kinds or caches]
    done = compute_parts(
        find_tracks(dataset),
        chosen,
        out,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
        progress=progress,
    )
    for cache in chosen:
        save_cache(out, cache, done.good)
    return done


def compute_parts(
    tracks: Mapping[str, Path],
    caches: Sequence[FeatureCache],
    out: Path,
    *,
    jobs: int = -1,
    backend: str = "loky",
    scheduler: str | None = None,
    progress: Callable[[Iterator[Done], int], Iterator[Done]] = lambda results, total: results,
) -> Extraction:
    """Compute the features of each track that `out/parts` lacks.

    Parameters
    ----------
    tracks : the audio file of each, by its name
    jobs, backend, scheduler, progress : see `extract`

    Raises
    ------
    DatasetError : none of the tracks can be read
    MLError : the package of the backend is missing
    """
    from joblib import Parallel, delayed, effective_n_jobs

    parts = Path(out).resolve() / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    with working_with(backend, scheduler, jobs):
        threads = max(1, (os.cpu_count() or 1) // max(1, effective_n_jobs(jobs)))
        one = delayed(partial(_extract_track, parts=parts, caches=tuple(caches), threads=threads))
        # Ray's backend returns results only all together.
        shape = "list" if backend == "ray" else "generator_unordered"
        stream = Parallel(n_jobs=jobs, return_as=shape)(
            one(name, path.resolve()) for name, path in tracks.items()
        )
        results = {name: (new, reason) for name, new, reason in progress(stream, len(tracks))}
    good = [name for name in tracks if not results[name][1]]
    if not good:
        raise DatasetError(f"None of the {len(tracks)} tracks could be read.")
    return Extraction(
        good=good,
        computed=[name for name in good if results[name][0]],
        kept=[name for name in good if not results[name][0]],
        failed=[(tracks[name], results[name][1]) for name in tracks if results[name][1]],
    )


def save_cache(out: Path, cache: FeatureCache, names: Sequence[str]) -> None:
    """Join the parts of some tracks to the file of a cache, in `out`."""
    parts = Path(out) / "parts"
    clips = [dict(np.load(_part(parts, name, cache.kind))) for name in names]
    _save(Path(out) / cache.file, cache.combine(names, clips), compressed=True)


def _extract_track(
    name: str, path: Path, *, parts: Path, caches: tuple[FeatureCache, ...], threads: int
) -> Done:
    """Compute the features of one track that are missing, in a worker."""
    # TensorFlow reads these when it starts; each worker would else use every core.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    computed = False
    try:
        sha256 = file_sha256(path)
        for cache in caches:
            source = f"{sha256} {json.dumps(cache.settings, sort_keys=True)}"
            part = _part(parts, name, cache.kind)
            if _source(part) != source:
                _save(part, cache.extract(path) | {"source": source})
                computed = True
    except MLError as error:
        return name, computed, str(error)
    except OSError as error:
        return name, computed, error.strerror or str(error)
    return name, computed, ""


def _part(parts: Path, name: str, kind: str) -> Path:
    return parts / f"{name}.{kind}.npz"


def _source(part: Path) -> str | None:
    """Return what a part file was computed from; None where it is missing or cannot be read."""
    try:
        with np.load(part) as data:
            return str(data["source"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _save(path: Path, arrays: Mapping[str, Any], *, compressed: bool = False) -> None:
    with replacing(path) as draft:
        (np.savez_compressed if compressed else np.savez)(draft, **arrays)
