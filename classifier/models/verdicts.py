"""Verdicts of staff that outlive the answers they are about, to learn from and to be judged by."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def certain(self) -> VerdictQuerySet:
        """Leave out those in which somebody could not tell."""
        return self.exclude(label=Verdict.CANNOT_TELL)


class Verdict(models.Model):
    """What a person heard in a recording, with the numbers that a model had for it.

    There is no title in it, no visitor and no link: recordings and artists are keyed hashes, by
    which only this site can tell that two are the same.
    """

    CANNOT_TELL = "unknown"

    class Stream(models.TextChoices):
        """How the recording came before the person."""

        LIST = "list", "Picked from the list"
        DOUBTFUL = "doubtful", "Doubtful ones"
        AUDIT = "audit", "Drawn at random"
        FOLDER = "folder", "From a folder"

    recording = models.CharField(max_length=40, help_text="A keyed hash")
    group = models.CharField(
        max_length=40, help_text="A keyed hash of the artist or channel, else of the recording"
    )
    space = models.CharField(
        "feature space", max_length=64, help_text="Features compare within one of these"
    )
    extent = models.CharField(max_length=10)
    features = models.JSONField(default=list, help_text="What the model's head multiplies")

    label = models.CharField(max_length=32, help_text="A genre, none, or unknown: cannot tell")
    answer = models.CharField(max_length=32, help_text="What the model said")
    confidence = models.FloatField(null=True)
    model_id = models.CharField("model", max_length=64)
    source = models.CharField(max_length=10)

    stream = models.CharField(max_length=10, choices=Stream, default=Stream.LIST)
    origin = models.CharField(max_length=64, blank=True, help_text="Where it was imported from")
    person = models.CharField(max_length=40, help_text="A keyed hash of who said it")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recording", "model_id", "extent", "origin"],
                name="one_verdict_per_answer",
            )
        ]
        indexes = [models.Index(fields=["stream", "decided_at"], name="verdict_by_stream")]
        ordering = ["-decided_at"]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_stream_display().lower()})"


class VerdictChange(models.Model):
    """One line of the audit trail: what was said of a recording before, what then, and by whom."""

    recording = models.CharField(max_length=40, db_index=True)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    person = models.CharField(max_length=40)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    stream = models.CharField(max_length=10, choices=Verdict.Stream)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.before or 'not reviewed'} -> {self.after or 'not reviewed'}"
