"""Rate counts, cooldowns of sources, and workers."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

ALIVE_FOR = timedelta(seconds=20)


class SourceCooldown(models.Model):
    """Until when a source is not asked, because it objected to this server."""

    source = models.CharField(max_length=10, unique=True)
    kind = models.CharField(max_length=20)
    until = models.DateTimeField()

    class Meta:
        db_table = "classifier_pause"  # as the model was called: a rename would move the table

    def __str__(self) -> str:
        return f"{self.source} until {self.until:%H:%M} ({self.kind})"


class RateCount(models.Model):
    """The number of requests of one kind in one span of time, for the rate limits."""

    key = models.CharField(max_length=120, unique=True)
    n = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "classifier_count"  # as the model was called: a rename would move the table

    def __str__(self) -> str:
        return f"{self.key}: {self.n}"


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> WorkerQuerySet:
        return self.filter(seen_at__gt=timezone.now() - ALIVE_FOR)


class Worker(models.Model):
    """A process that takes jobs and updates `seen_at` every few seconds."""

    name = models.CharField(max_length=200, unique=True, help_text="host:process id")
    ready = models.BooleanField(default=False, help_text="The model is loaded and warm")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
