"""The old name of run_workers, kept for unit files that call it."""

from __future__ import annotations

from typing import Any

from .run_workers import Command as RunWorkers


class Command(RunWorkers):
    help = "The old name of run_workers."

    def handle(self, *args: object, **options: Any) -> None:
        self.stderr.write("qcluster is the old name of run_workers: please call that.")
        super().handle(*args, **options)
