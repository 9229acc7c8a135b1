"""Compute the feature caches of GTZAN from its audio."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from classifier.management.base import MLCommand
from ml.families.base import feature_caches
from ml.training.extraction import Done, extract
from ml.training.parallel import BACKENDS

from .classify import at_least_one


class Command(MLCommand):
    help = (
        "Compute what train_model and evaluate_model read from GTZAN's audio: MusiCNN's tags and "
        "mel spectrograms. A second run computes only what is missing or has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="folder with GTZAN's audio")
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
        only: str | None,
        jobs: int | None,
        backend: str,
        scheduler: str | None,
        **options: Any,
    ) -> None:
        done = extract(
            dataset,
            out,
            kinds=(only,) if only else (),
            jobs=jobs or -1,
            backend=backend,
            scheduler=scheduler,
            progress=_bar,
        )
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
