"""Ask again for songs that failed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from classifier.failure_reasons import REASONS, staff_words
from classifier.management.base import MLCommand
from classifier.operations import failures
from ml.errors import MLError


class Command(MLCommand):
    help = (
        "Ask again for songs that failed for a cause that may be over: those that visitors could "
        "try again themselves, or those of the causes named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--cause", nargs="+", default=[], metavar="KIND", help="e.g. network server_error"
        )
        parser.add_argument("--since", help="failed since: 90m, 24h, 7d, or a day (UTC)")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def run(self, *, cause: list[str], since: str | None, dry_run: bool, **options: Any) -> None:
        if unknown := sorted(set(cause) - set(REASONS)):
            raise MLError(f"There is no cause {unknown[0]!r}; known: {', '.join(sorted(REASONS))}.")
        try:
            moment = failures.parse_since(since) if since else None
        except ValueError as error:
            raise MLError(str(error)) from None
        rows = failures.failed(cause, moment)
        if dry_run:
            self._write(failures.count_by_cause(rows))
            self.stdout.write("Nothing was asked for again.")
            return
        result = failures.retry(rows)
        self._write(result.asked)
        if result.gone:
            self.stdout.write(f"{result.gone.total():>8} cannot be had any more")

    def _write(self, counts: dict[str, int]) -> None:
        for kind, n in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
            self.stdout.write(f"{n:>8} {kind}: {staff_words(kind)}")
        if not counts:
            self.stdout.write("No song has failed so.")
