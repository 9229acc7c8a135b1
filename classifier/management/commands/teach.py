"""Teach the model from a folder of recordings, genre by genre."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from classifier import serving
from classifier.genres import NO_GENRE, genre_label
from classifier.learning import candidates, folders, tasks
from classifier.management.commands.learn import print_found
from classifier.management.task_command import TaskCommand
from classifier.management.terminal import reason_of
from classifier.models import LearningTask
from ml.errors import MLError
from ml.inference.classifier import get_classifier
from ml.registry.writer import check_model_id
from ml.terminal.context import at_least_one


class Command(TaskCommand):
    help = (
        "Hear the recordings of a folder whose sub-folders are named after genres, known ones or "
        "new, and learn from them beside all that staff said. Whose a recording is, tells a folder "
        "below the genre's, or a name like 'Artist - Title.mp3'. A file is heard once: stopped "
        "half-way, it goes on when it is called again."
    )
    kind = LearningTask.Kind.LEARN

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, nargs="?", help="has a sub-folder for each genre")
        parser.add_argument("--name", default="", help="id of the new bundle (default: a free one)")
        parser.add_argument(
            "--max-minutes", type=at_least_one, default=60, help="refuse what is longer"
        )
        parser.add_argument(
            "--alone",
            action="store_true",
            help="a model that knows the genres of this folder alone, and none that it knew",
        )
        parser.add_argument(
            "--forget", metavar="GENRE", help="forget what was taught of a genre by folders"
        )

    def run(
        self,
        *,
        task: int | None,
        folder: Path | None,
        name: str,
        max_minutes: int,
        forget: str | None,
        **options: Any,
    ) -> int | None:
        if forget is not None:
            label = genre_label(forget) or forget
            self.stdout.write(f"{folders.forget(label)} recordings of {label} forgotten.")
            return None
        if folder is None:
            raise MLError("Name the folder that has a sub-folder for each genre.")
        if name:
            check_model_id(name)
        files = folders.labelled_files(folder)
        base = candidates.base_card()
        classifier = get_classifier(base.model_id, serving.registry(), settings.MODEL_RUNTIME)
        result = folders.hear(
            classifier,
            files,
            max_duration_s=60 * max_minutes,
            report=self.stdout.write,
            failed=lambda path, error: self.stderr.write(f"{path}: {reason_of(error)}"),
        )
        self.stdout.write(
            f"{result.heard} files heard, {result.known} known before, "
            f"{result.broken} cannot be heard."
        )
        labels = tuple(sorted({file.label for file in files} - {NO_GENRE}))
        learn = partial(tasks.learn_alone, labels) if options["alone"] else tasks.learn
        found = self.perform(task, partial(learn, name))
        self.stdout.write("")
        print_found(self.stdout.write, found)
        model_id = found["model_id"]
        self.stdout.write(f"wrote {model_id}; it serves after manage.py promote_model {model_id}")
        return 1 if result.broken else None
