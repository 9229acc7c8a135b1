"""A folder of music in the terminal, with the models of this site: `genre` and its commands."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.management.terminal import context
from ml.terminal import main


class Command(MLCommand):
    help = "Classify a folder of music, plan and write its tags, and judge those it has."

    def add_arguments(self, parser: CommandParser) -> None:
        main.add_commands(parser)

    def run(self, **options: Any) -> int:
        return main.to_its_end(lambda: options["run"](Namespace(**options), context()))
