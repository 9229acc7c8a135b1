"""Base of the commands: what they refuse, or an absent database, is one line and exit code 2."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError

from classifier import serving
from ml.errors import MLError
from ml.registry.bundles import Registry

BUNDLES_HELP = "folder of the bundles (default: the site's own and those that are shipped)"


def registry_at(bundles: Path | None) -> Registry:
    """Return the bundles of one folder, or all that the site has."""
    return Registry.at(bundles) if bundles else serving.registry()


class MLCommand(BaseCommand, ABC):
    """A BaseCommand whose `run` may raise MLError and returns the exit code, None for 0."""

    # Checks of urls and admin do not concern these commands and would slow every start.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self.run(**options)
        except MLError as error:
            self.stderr.write(str(error))
            code = 2
        except OperationalError as error:  # away, full, read-only, locked, or not migrated
            reason = " ".join(str(error).split()).rstrip(".")
            self.stderr.write(f"The database cannot be used: {reason}.")
            code = 2
        if code:
            sys.exit(code)

    # With *args, though there are none: type checkers then let commands name their own options.
    @abstractmethod
    def run(self, *args: Any, **options: Any) -> int | None:
        """Do the work; a command names the options it takes, and gets the others as `options`."""
