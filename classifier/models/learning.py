"""Generations of the model that serves, and what staff have started to get another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SILENT_FOR = timedelta(seconds=60)  # a task that tells nothing for so long has been killed


class Promotion(models.Model):
    """A model began to serve in place of another one."""

    model_id = models.CharField("model", max_length=64)
    replaced = models.CharField(max_length=64, blank=True, help_text="The model that served before")
    is_return = models.BooleanField("rolled back", default=False)
    gates = models.JSONField(default=list, blank=True, help_text="What it was asked before")
    reason = models.CharField(
        max_length=300, blank=True, help_text="Why it serves though it failed a gate"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    promoted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-promoted_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.model_id} in place of {self.replaced or 'none'}"


class LearningTask(models.Model):
    """Something long that staff started by a button or a command, with what it found."""

    class Kind(models.TextChoices):
        LEARN = "learn", "Learn"
        JUDGE = "judge", "Judge"
        RECLASSIFY = "reclassify", "Answer anew"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    progress = models.CharField(max_length=200, blank=True)
    model_id = models.CharField("model", max_length=64, blank=True)
    found = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.outcome}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING and timezone.now() - self.told_at < SILENT_FOR

    @property
    def outcome(self) -> StrOrPromise:
        """The state in words, which a process that was killed could not write."""
        if self.state == self.State.RUNNING and not self.is_running:
            return "Ended without a result"
        return self.State(self.state).label
