"""Pages for staff: importing the modules registers them with Django's admin."""

from . import classifications, workers

__all__ = ["classifications", "workers"]
