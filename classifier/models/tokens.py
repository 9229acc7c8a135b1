"""Tokens by which programs use the API."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> ApiTokenQuerySet:
        """Leave out what was revoked, and what belongs to an account that was switched off."""
        return self.filter(revoked_at=None).filter(Q(owner=None) | Q(owner__is_active=True))


class ApiToken(models.Model):
    """A program that may use the API. The token itself is stored nowhere, only a hash of it."""

    class Scope(models.TextChoices):
        READ = "read", "Read: answers, history, models, search"
        CLASSIFY = "classify", "Classify: ask for songs, correct answers"
        REVIEW = "review", "Review: verdicts as the owner, who must be staff"

    name = models.CharField(max_length=100, help_text="Which program it is for")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose verdicts it writes; it is good for as long as the account is",
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    first_characters = models.CharField(
        max_length=12, editable=False, help_text="By which its holder can tell which one it is"
    )
    scopes = models.JSONField(default=list, help_text="What it may do")
    jobs_per_hour = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty is JOBS_PER_HOUR of the site, 0 is no limit"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.first_characters}…)"
