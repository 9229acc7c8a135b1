"""Tell the genre of audio files, in the terminal."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.management.terminal import context
from ml.terminal import classify
from ml.terminal.main import to_its_end


class Command(MLCommand):
    help = classify.HELP

    def add_arguments(self, parser: CommandParser) -> None:
        classify.add_arguments(parser)

    def run(self, **options: Any) -> int:
        return to_its_end(lambda: classify.run(Namespace(**options), context()))
