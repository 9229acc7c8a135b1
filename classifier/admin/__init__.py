"""Pages for staff: importing the modules registers them with Django's admin."""

from . import classifications, tokens, verdicts, webhooks, workers

__all__ = ["classifications", "tokens", "verdicts", "webhooks", "workers"]
