"""Write the verdicts of staff as JSON Lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.review import exchange
from ml.atomic_files import replacing


class Command(MLCommand):
    help = (
        "Write all verdicts of staff to a file, a line of JSON each: features and what was said, "
        "without titles, links or names. For another site's import_verdicts, or a notebook."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="e.g. verdicts.jsonl")

    def run(self, *, file: Path, **options: Any) -> int | None:
        count = 0
        try:
            with replacing(file) as draft, draft.open("w", encoding="utf-8") as out:
                for line in exchange.lines():
                    out.write(line + "\n")
                    count += 1
        except OSError as error:
            self.stderr.write(f"{file}: {error.strerror}.")
            return 2
        self.stdout.write(f"{file}: {count} verdicts.")
        return None
