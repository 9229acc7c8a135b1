"""Delete what is kept for a time only. The worker does the same once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.operations import retention


class Command(MLCommand):
    help = (
        "Delete what was kept long enough: history, failed songs, answers to uploads that nobody "
        "has, sessions, counts. See HISTORY_DAYS and FAILURES_DAYS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much there is")

    def run(self, *, dry_run: bool, **options: Any) -> None:
        for what, count in retention.purge_expired(dry_run=dry_run).items():
            self.stdout.write(f"{count:>8} {what}")
        if dry_run:
            self.stdout.write("Nothing was deleted.")
