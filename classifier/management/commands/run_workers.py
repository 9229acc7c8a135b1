"""Do the jobs that wait, until told to stop (SIGTERM or Ctrl-C)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from classifier.worker.pool import Pool


class Command(BaseCommand):
    help = "Run as many worker processes as WORKERS says, and start another one when one dies."

    requires_system_checks: list[str] = []  # made when the workers have been started

    def handle(self, *args: object, **options: Any) -> None:
        Pool(settings.WORKERS).run(self.check)
