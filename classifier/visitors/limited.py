"""Who asks for songs within two limits: so many an hour, and so many at once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from django.conf import settings

from classifier.models import Classification, OpenJob

from . import open_jobs


class Limited(ABC):
    """Asks the two limits, as `classifier.jobs.Requester` has it.

    Attributes
    ----------
    has_too_many_open : whether it was the second one that refused
    """

    def __init__(self) -> None:
        self._place: OpenJob | None = None
        self.has_too_many_open = False

    @abstractmethod
    def claim_place(self) -> OpenJob | None:
        """Take one of the places for songs at once; None where all are taken."""

    @abstractmethod
    def is_within_the_hour(self) -> bool:
        """Count one more song, and tell whether it is within the limit of an hour."""

    def may_start_job(self) -> bool:
        if settings.JOBS_AT_ONCE:
            self._place = self.claim_place()
            if self._place is None:
                self.has_too_many_open = True
                return False
        if self.is_within_the_hour():
            return True
        if self._place:
            open_jobs.give_back(self._place)
        return False

    def has_started(self, classification: Classification) -> None:
        """Let the job that was asked for count until it is finished."""
        if self._place:
            open_jobs.keep(self._place, classification)
