"""Compute feature caches from audio: GTZAN's, or those of any labelled folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from classifier.management.base import MLCommand
from ml.errors import MLError
from ml.families.base import feature_caches
from ml.terminal.context import at_least_one
from ml.training.extraction import Done, extract
from ml.training.labelled_features import extract_labelled
from ml.training.parallel import BACKENDS


class Command(MLCommand):
    help = (
        "Compute what train_model and evaluate_model read from GTZAN's audio: MusiCNN's tags, "
        "YAMNet's logits and mel spectrograms; or, with --table, the features of any folder of "
        "labelled recordings. A second run computes only what is missing or has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="folder with the audio")
        parser.add_argument(
            "--table",
            type=Path,
            help="tracks.csv with the labels of recordings that are not GTZAN's: track, role, "
            "label, kind, label_strength, place, artist, and file where files have other names",
        )
        parser.add_argument("--out", type=Path, required=True, help="folder of the caches")
        parser.add_argument("--only", choices=list(feature_caches()), help="one of the caches")
        parser.add_argument(
            "--jobs", type=at_least_one, help="tracks at a time (default: as many as cores)"
        )
        parser.add_argument("--backend", choices=BACKENDS, default="loky", help="who does the work")
        parser.add_argument(
            "--scheduler",
            metavar="ADDRESS",
            help="of a dask or ray cluster whose machines see both folders under the same paths",
        )

    def run(
        self,
        *,
        dataset: Path,
        out: Path,
        table: Path | None,
        only: str | None,
        jobs: int | None,
        backend: str,
        scheduler: str | None,
        **options: Any,
    ) -> None:
        if table and only:
            raise MLError("--only names a cache of GTZAN, and --table another one: choose one.")
        how: dict[str, Any] = {
            "jobs": jobs or -1,
            "backend": backend,
            "scheduler": scheduler,
            "progress": _bar,
        }
        if table:
            done = extract_labelled(dataset, table, out, **how)
        else:
            done = extract(dataset, out, kinds=(only,) if only else (), **how)
        for path, reason in done.failed:
            self.stderr.write(f"{path}: {reason}")
        n = len(done.computed) + len(done.kept)
        self.stdout.write(
            f"{out}: {n} tracks ({len(done.computed)} computed, {len(done.kept)} were there), "
            f"{len(done.failed)} could not be read"
        )


def _bar(results: Iterator[Done], total: int) -> Iterator[Done]:
    """Show a progress bar on stderr, where that is a terminal."""
    return tqdm(results, total=total, unit="track", file=sys.stderr, disable=None, leave=False)
