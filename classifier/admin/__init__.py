"""Pages for staff: importing the modules registers them with Django's admin."""

from . import accounts, classifications, tokens, verdicts, webhooks, workers

__all__ = ["accounts", "classifications", "tokens", "verdicts", "webhooks", "workers"]
