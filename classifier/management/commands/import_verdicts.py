"""Take the verdicts of another site, or remove them again."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from classifier.management.base import MLCommand
from classifier.review import exchange


def origin_name(text: str) -> str:
    if not re.fullmatch(exchange.ORIGIN, text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name: small letters, digits, dots and hyphens"
        )
    return text


class Command(MLCommand):
    help = (
        "Take verdicts that export_verdicts wrote elsewhere. They are marked with --origin and "
        "never measure this site's model; --remove ORIGIN deletes them again."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="e.g. verdicts.jsonl")
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--origin", type=origin_name, help="a name for where they come from")
        group.add_argument("--remove", type=origin_name, metavar="ORIGIN")

    def run(
        self, *, file: Path | None, origin: str | None, remove: str | None, **options: Any
    ) -> int | None:
        if remove:
            count = exchange.remove(remove)
            self.stdout.write(f"{count} verdicts from {remove} removed.")
            return None
        if file is None or origin is None:
            self.stderr.write("Name the file that holds the verdicts.")
            return 2
        try:
            with file.open(encoding="utf-8") as lines:
                count, strange = exchange.take(lines, origin)
        except UnicodeDecodeError:
            self.stderr.write(f"{file} is no text. Nothing was taken.")
            return 2
        except OSError as error:
            self.stderr.write(f"{file}: {error.strerror}.")
            return 2
        except exchange.ExchangeError as error:
            self.stderr.write(f"{file}: {error} Nothing was taken.")
            return 2
        more = f" {strange} of them compare to no model that is here." if strange else ""
        self.stdout.write(f"{count} verdicts from {origin} taken.{more}")
        return None
