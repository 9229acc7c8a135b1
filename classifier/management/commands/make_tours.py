"""The old name of make_walkthroughs, kept for scripts that call it."""

from .make_walkthroughs import Command

__all__ = ["Command"]
