"""Cooldowns: all processes of the site leave a source alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from classifier.models import SourceCooldown


def current(source: str) -> SourceCooldown | None:
    return SourceCooldown.objects.filter(source=source, until__gt=timezone.now()).first()


def begin(source: str, kind: str, minutes: int) -> datetime:
    """Begin a cooldown, or lengthen the one there is; returns when it ends."""
    until = timezone.now() + timedelta(minutes=minutes)
    SourceCooldown.objects.update_or_create(source=source, defaults={"kind": kind, "until": until})
    return until
