"""History entries and corrections of visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.db import models
from django.db.models import Q
from django.utils import timezone

from classifier.models.classification import Classification, agrees_with_model

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

AGREES = agrees_with_model("genre", "classification__")


class HistoryEntryQuerySet(models.QuerySet["HistoryEntry"]):
    def for_visitor(self, visitor: str) -> HistoryEntryQuerySet:
        """Filter by one visitor's entries; an unknown visitor has none."""
        if not visitor:
            return self.none()
        return self.filter(visitor=visitor).select_related("classification")


class HistoryEntry(models.Model):
    """One visitor asked for one classification."""

    visitor = models.CharField(max_length=32, db_index=True)
    classification = models.ForeignKey(Classification, models.CASCADE, related_name="entries")
    title = models.CharField(
        max_length=300,
        blank=True,
        help_text="The name of an uploaded file: only its sender sees it",
    )
    start_s = models.PositiveIntegerField(default=0, help_text="Where a pasted link began")
    created_at = models.DateTimeField(default=timezone.now)

    objects = HistoryEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visitor", "classification"], name="one_entry_per_visitor_and_answer"
            )
        ]
        indexes = [
            models.Index(fields=["visitor", "-created_at"]),
            # The names of files, which few entries have.
            models.Index(
                fields=["classification", "title"],
                name="entry_by_file_name",
                condition=~Q(title=""),
            ),
        ]
        ordering = ["-created_at"]
        verbose_name_plural = "history entries"

    def __str__(self) -> str:
        return self.display_title

    @property
    def display_title(self) -> str:
        return self.title or self.classification.display_title


if TYPE_CHECKING:

    class Said(TypedDict):
        """What `visitors.history.entries_of` annotates entries with.

        said : the genre in the visitor's correction, None without one
        """

        said: str | None

    EntryWithSaid = WithAnnotations[HistoryEntry, Said]


class OpenJob(models.Model):
    """A job that somebody at an address asked for; it counts until it is finished."""

    home = models.CharField(max_length=24, help_text="A keyed hash of the address")
    classification = models.ForeignKey(Classification, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["home"], name="open_job_by_home")]

    def __str__(self) -> str:
        return f"{self.home}: {self.classification_id}"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def agreeing(self) -> CorrectionQuerySet:
        """Filter by those that say what the model said."""
        return self.filter(AGREES)

    def contradicting(self) -> CorrectionQuerySet:
        """Filter by those that say something else than the model."""
        return self.exclude(AGREES)


class Correction(models.Model):
    """The genre that a visitor gives a recording; staff see it, the answer does not change."""

    visitor = models.CharField(max_length=32)
    classification = models.ForeignKey(Classification, models.CASCADE, related_name="corrections")
    genre = models.CharField(max_length=32)
    home = models.CharField(
        max_length=24,
        blank=True,
        help_text="A keyed hash of the sender's network and the song: one network has one word",
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["classification", "visitor"], name="one_correction_per_visitor_and_answer"
            ),
            models.UniqueConstraint(
                fields=["classification", "home"],
                name="one_correction_per_network_and_answer",
                condition=~Q(home=""),
            ),
        ]
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return f"{self.classification.display_title}: {self.genre}"
