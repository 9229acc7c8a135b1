"""The old name of purge_expired, kept for cron jobs that call it."""

from .purge_expired import Command

__all__ = ["Command"]
