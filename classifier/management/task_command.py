"""Base of the commands that a button of the staff's pages starts too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from classifier.learning import tasks
from classifier.management.base import MLCommand
from classifier.models import LearningTask
from ml.errors import MLError


class TaskCommand(MLCommand):
    """A command that stores its progress and what it found as a LearningTask."""

    kind: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--task", type=int, metavar="N", help="the task that a button has noted already"
        )

    def perform(
        self, number: int | None, act: Callable[[Callable[[str], None]], dict[str, Any]]
    ) -> dict[str, Any]:
        """Do it as a task, and print progress. Raises MLError."""
        if number is None:
            task = tasks.begin(self.kind)
        else:
            noted = LearningTask.objects.filter(
                pk=number, kind=self.kind, state=LearningTask.State.RUNNING
            ).first()
            if noted is None:
                raise MLError(f"There is no task {number} that waits to be done.")
            task = noted
        return tasks.perform(task, act, self.stdout.write)
