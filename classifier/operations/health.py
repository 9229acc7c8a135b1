"""Health report of a running site, for monitors and the operator."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils import timezone

from classifier import serving
from classifier.models import Classification, Worker
from classifier.sources.youtube import cooldown
from classifier.sources.youtube.ytdlp import about

from .checks import youtube_problems


def report() -> dict:
    """Return plain values, ready for JSON; `status` is that of the workers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    workers = list(Worker.objects.alive())
    ready = sum(worker.ready for worker in workers)
    return {
        "status": "ok" if ready else "warming up" if workers else "no worker",
        "workers": len(workers),
        "workers_ready": ready,
        "waiting": Classification.objects.unfinished().count(),
        "model": serving.card().model_id,
        "youtube": _youtube(),
    }


def _youtube() -> dict:
    if not settings.YOUTUBE_ENABLED:
        return {"enabled": False}
    installed = about.ytdlp_version()
    pause = cooldown.current("youtube")
    return {
        "enabled": True,
        "yt_dlp": installed,
        "yt_dlp_age_days": about.age_days(installed, timezone.now().date()),
        "javascript": about.javascript_runtime(),
        "paused_until": pause.until if pause else None,
        "warnings": [sentence for _, sentence, _ in youtube_problems()],
    }
