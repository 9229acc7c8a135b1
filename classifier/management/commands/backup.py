"""Write everything that cannot be made again to one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from classifier.formatting import size_words
from classifier.management.base import MLCommand
from classifier.operations.backup.create import create


class Command(MLCommand):
    help = (
        "Write database, uploads that wait and the site's own models to a tar file, while the site "
        "runs. The file is read back before it takes its name; it holds what people sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="e.g. site.tar, or site.tar.gz to compress it")
        parser.add_argument(
            "--with-secret-key",
            action="store_true",
            help="also the key that signs sessions: who has it can log in as anybody",
        )

    def run(self, *, file: Path, with_secret_key: bool, **options: Any) -> None:
        size = create(file, with_secret_key=with_secret_key)
        self.stdout.write(f"{file}: {size_words(size)}, read back and whole.")
