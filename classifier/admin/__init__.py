"""Pages for staff. Importing its modules is what registers them with Django's admin."""

from . import classifications, workers

__all__ = ["classifications", "workers"]
