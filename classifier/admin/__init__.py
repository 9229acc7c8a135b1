"""Pages for staff. Importing them is what registers them with Django's admin."""

from . import classifications  # noqa: F401
