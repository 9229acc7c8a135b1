"""Answer anew, by the model that serves, what its networks have heard before."""

from __future__ import annotations

from typing import Any

from classifier.learning import tasks
from classifier.management.task_command import TaskCommand
from classifier.models import LearningTask


class Command(TaskCommand):
    help = (
        "Answer every recording anew whose numbers are stored, by the model that serves, without "
        "hearing it again. The answers of before stay. Stopped half-way, it goes on when it is "
        "called again."
    )
    kind = LearningTask.Kind.RECLASSIFY

    def run(self, *, task: int | None, **options: Any) -> None:
        found = self.perform(task, tasks.answer_anew)
        self.stdout.write(
            f"{found['done']} recordings answered anew, {found['changed']} otherwise than before."
        )
