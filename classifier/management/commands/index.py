"""Take folders of music into the site: found, searched, and heard by its worker."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q
from tqdm import tqdm

from classifier import jobs, serving
from classifier.collection.scan import forget_missing, scan
from classifier.management.base import MLCommand
from classifier.management.terminal import reason_of
from classifier.models import Classification, CollectionTrack
from classifier.sources.collection import SOURCE, track_of
from ml.terminal.context import plural


class Collector:
    """Asks for the songs of the collection, which wait for each other and not before visitors'."""

    def may_start_job(self) -> bool:
        return True

    def history_name(self) -> str:
        return ""

    def share_name(self) -> str:
        return SOURCE


class Command(MLCommand):
    help = (
        "Take folders of music into the site, or look for what is new in them. The worker hears "
        "what was not heard before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folder or file")
        parser.add_argument("--forget", action="store_true", help="remove files that are gone")
        parser.add_argument(
            "--no-listening", action="store_true", help="do not ask for the genre of what is new"
        )

    def run(
        self, *, paths: list[Path], forget: bool, no_listening: bool, **options: Any
    ) -> int | None:
        for path in paths:
            if not os.path.exists(path) and not forget:
                self.stderr.write(f"There is no {path}.")
                return 2
        gone = forget_missing(paths) if forget else 0
        counts: Counter[str] = Counter()
        found = scan([path for path in paths if os.path.exists(path)], reason_of)
        for one in tqdm(found, "", unit="file", file=sys.stderr, disable=None, leave=False):
            counts[one.how] += 1
            if one.why:
                tqdm.write(one.why, file=sys.stderr)
        asked, earlier = (0, 0) if no_listening else self._ask()
        parts = [f"{n:,} {how}" for how, n in sorted(counts.items()) if how != "unchanged"]
        parts.append(f"{counts['unchanged']:,} unchanged")
        said = f"{plural(counts.total(), 'file')}: {', '.join(parts)}."
        if gone:
            said += f" {gone:,} gone and forgotten."
        if earlier:
            said += (
                f" {plural(earlier, 'song')} heard by an earlier model on the same networks:"
                " manage.py reclassify answers them anew, without hearing them."
            )
        if asked:
            said += f" The worker is asked for {plural(asked, 'song')}."
        self.stdout.write(said)
        return 1 if counts["failed"] or counts["left out"] else None

    def _ask(self) -> tuple[int, int]:
        """Ask for all that was not heard; returns how many songs, and how many need not be.

        What a model on the same networks has heard can be answered anew by its numbers.
        """
        card = serving.card()
        same = [
            c.model_id for c in serving.registry().cards() if c.feature_space == card.feature_space
        ]
        failed = Q(state=Classification.State.FAILED)
        again = Q(retryable=True) | Q(error_kind="file_gone") | ~Q(model_id=card.model_id)
        heard = Classification.objects.filter(source=SOURCE, model_id__in=same).order_by()
        heard = heard.exclude(failed & again)
        models: dict[str, set[str]] = {}
        for audio, model_id in heard.values_list("source_id", "model_id"):
            models.setdefault(audio, set()).add(model_id)
        asked = earlier = 0
        for row in CollectionTrack.objects.exclude(audio="").order_by("pk").iterator():
            if row.audio not in models:
                models[row.audio] = {card.model_id}
                asked += jobs.submit(track_of(row), card.model_id, requester=Collector()).is_new
            elif card.model_id not in models[row.audio]:
                models[row.audio].add(card.model_id)
                earlier += 1
        return asked, earlier
