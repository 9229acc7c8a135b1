"""Batches: songs that one visitor asked for together, such as those of a playlist."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone

from classifier.models.classification import Classification, new_public_id


class BatchQuerySet(models.QuerySet["Batch"]):
    def for_visitor(self, visitor: str) -> BatchQuerySet:
        """Filter by one visitor's batches; an unknown visitor has none."""
        return self.filter(visitor=visitor) if visitor else self.none()


class Batch(models.Model):
    """Songs to be heard, in their order. The answers are shared rows, the batch is its owner's."""

    class HeldBack(models.TextChoices):
        """Which limit was reached when songs were asked for last."""

        AT_ONCE = "at_once", "songs at once"
        AN_HOUR = "an_hour", "songs an hour"

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    visitor = models.CharField(max_length=32, help_text="Who alone may see it")
    title = models.CharField(max_length=300, blank=True)
    playlist_id = models.CharField(max_length=72, blank=True)
    held_back = models.CharField(max_length=10, choices=HeldBack, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["visitor", "-created_at"], name="batch_by_visitor")]
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.display_title

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.public_id])

    @property
    def display_title(self) -> str:
        return self.title or "Several songs"


class BatchEntry(models.Model):
    """One song of a batch; without a classification it was not asked for yet."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="entries")
    position = models.PositiveIntegerField()
    video_id = models.CharField(max_length=11)
    title = models.CharField(max_length=300, blank=True)
    artist = models.CharField(max_length=200, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    classification = models.ForeignKey(
        Classification, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "video_id"], name="one_entry_per_batch_and_song"
            )
        ]
        ordering = ["position", "pk"]
        verbose_name_plural = "batch entries"

    def __str__(self) -> str:
        return self.display_title

    @property
    def display_title(self) -> str:
        return self.title or f"The video {self.video_id}"
