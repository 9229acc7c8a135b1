"""What the commands share: an error of this product is one line and exit code 2."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from ml.errors import MLError


class ListeningCommand(BaseCommand):
    """A BaseCommand whose `listen` may raise MLError; it returns the exit code, or None for 0."""

    # The checks of urls and admin have no bearing here and would slow every start.
    requires_system_checks: list[str] = []

    def handle(self, *args, **options):
        try:
            code = self.listen(**options)
        except MLError as error:
            self.stderr.write(str(error))
            code = 2
        if code:
            sys.exit(code)

    def listen(self, **options) -> int | None:
        raise NotImplementedError
