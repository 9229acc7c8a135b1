"""Put a model that learned from staff before the gates again."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from classifier.learning import tasks
from classifier.management.commands.learn import print_found
from classifier.management.task_command import TaskCommand
from classifier.models import LearningTask


class Command(TaskCommand):
    help = (
        "Put a model that learned from staff before the gates, by all that was said until now, and "
        "tell what it would change."
    )
    kind = LearningTask.Kind.JUDGE

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("model", help="id of the bundle")

    def run(self, *, task: int | None, model: str, **options: Any) -> None:
        found = self.perform(task, partial(tasks.judged, model))
        self.stdout.write("")
        print_found(self.stdout.write, found)
