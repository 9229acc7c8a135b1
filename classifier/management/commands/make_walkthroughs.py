"""Compute what How It Works shows of the library's tracks."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from tqdm import tqdm

from classifier import serving
from classifier.management.base import MLCommand
from classifier.sources import library
from classifier.walkthrough import store
from ml.errors import MLError
from ml.explanations.walkthrough_maker import make_walkthrough
from ml.inference.classifier import get_classifier


class Command(MLCommand):
    help = "Follow the library's tracks through the model, for the figures of How It Works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="of tracks (default: all)")
        parser.add_argument("--model", help="id of the model (default: the one that serves)")

    def run(self, *, slugs: list[str], model: str | None, **options: Any) -> None:
        known = list(library.catalog())
        if unknown := [slug for slug in slugs if slug not in known]:
            raise MLError(f"There is no track {unknown[0]!r}; at hand: {', '.join(known)}.")
        classifier = get_classifier(
            model or settings.MODEL_ID or None, serving.registry(), settings.MODEL_RUNTIME
        )
        chosen = slugs or known
        # The bar goes to stderr, and only to a terminal.
        for slug in tqdm(chosen, unit="track", file=sys.stderr, disable=None, leave=False):
            ((_, samples),) = library.fetch(slug, classifier.rate_hz).windows
            store.save(slug, *make_walkthrough(samples, classifier))
        self.stdout.write(f"{len(chosen)} walkthroughs in {store.FOLDER}")
