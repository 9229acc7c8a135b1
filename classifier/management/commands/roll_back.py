"""Let the model serve that served before."""

from __future__ import annotations

from typing import Any

from classifier.learning import generations
from classifier.management.base import MLCommand


class Command(MLCommand):
    help = "Let the model serve that served before the one that does. Answers stay as they are."

    def run(self, **options: Any) -> None:
        done = generations.roll_back()
        self.stdout.write(f"{done.model_id} serves again, in place of {done.replaced}.")
