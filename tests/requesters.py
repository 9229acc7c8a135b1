"""Requesters for classifier.jobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Someone:
    """Has a history of their own name, and may start jobs or not."""

    name: str = "someone"
    allowed: bool = True

    def may_start_job(self) -> bool:
        return self.allowed

    def history_name(self) -> str:
        return self.name

    def share_name(self) -> str:
        return self.name
