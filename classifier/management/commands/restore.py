"""Put back what `backup` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.operations.backup.restore import restore


class Command(MLCommand):
    help = (
        "Put a backup in the place of an empty site's database, uploads and models. All of it is "
        "checked before anything is changed. Run migrate afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` wrote")
        parser.add_argument(
            "--force",
            action="store_true",
            help="even if this site runs or has songs: they are lost",
        )

    def run(self, *, file: Path, force: bool, **options: Any) -> None:
        counts = restore(file, force=force)
        self.stdout.write(
            "Restored the database, "
            + ", ".join(f"{n} {what}" for what, n in counts.items())
            + ". Run manage.py migrate now."
        )
