"""Learn from what staff said, and put what has learned before the gates."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from classifier.learning import tasks
from classifier.management.task_command import TaskCommand
from classifier.models import LearningTask
from ml.registry.writer import check_model_id

MOST_PAIRS = 10
SIGNS = {"passed": "passed", "failed": "FAILED", "unknown": "cannot tell"}


class Command(TaskCommand):
    help = (
        "Fit the head and the detector of the model that serves again, with the verdicts of staff, "
        "and write a bundle. It serves nobody until promote_model says so."
    )
    kind = LearningTask.Kind.LEARN

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", default="", help="id of the new bundle (default: a free one)")

    def run(self, *, task: int | None, name: str, **options: Any) -> None:
        if name:
            check_model_id(name)
        found = self.perform(task, partial(tasks.learn, name))
        self.stdout.write("")
        print_found(self.stdout.write, found)
        model_id = found["model_id"]
        self.stdout.write(f"wrote {model_id}; it serves after manage.py promote_model {model_id}")


def print_found(write: Any, found: dict[str, Any]) -> None:
    """Print what the gates said, and what would change."""
    print_gates(write, found["gates"])
    replay = found["replay"]
    write(f"\nOf {replay['n']} stored answers {replay['changed']} would change.")
    for before, after, n in replay["pairs"][:MOST_PAIRS]:
        write(f"{n:>11}  {before} -> {after}")


def print_gates(write: Any, gates: list[dict[str, str]]) -> None:
    for gate in gates:
        write(f"{SIGNS[gate['state']]:>11}  {gate['title']}. {gate['text']}")
