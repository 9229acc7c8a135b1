"""Health report of a running site, for monitors and the operator."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils import timezone

from classifier import serving
from classifier.models import Classification, Worker
from classifier.sources.youtube import cooldown
from classifier.sources.youtube.ytdlp import about, releases
from ml.errors import BundleError
from ml.networks import runtimes

from . import sandbox
from .checks import youtube_problems


def report(*, exact: bool = False) -> dict:
    """Return plain values, ready for JSON; `status` is that of the workers.

    exact : with the versions of what is installed, which help whoever looks for known faults
    """
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
        "youtube": _youtube(exact),
    } | ({"runtime": _runtime(), "confinement": sandbox.report()} if exact else {})


def _runtime() -> dict[str, str]:
    """Return what computes, as on this machine, with the versions of its libraries."""
    try:
        runtime = runtimes.chosen(settings.MODEL_RUNTIME)
    except BundleError as error:
        return {"problem": str(error)}
    return {"name": runtime} | runtimes.versions(runtime)


def _youtube(exact: bool) -> dict:
    if not settings.YOUTUBE_ENABLED:
        return {"enabled": False}
    pause = cooldown.current("youtube")
    problems = youtube_problems()
    report = {
        "enabled": True,
        "paused_until": pause.until if pause else None,
        "needs_attention": bool(problems),
    }
    if not exact:
        return report
    installed = about.ytdlp_version()
    return report | {
        "yt_dlp": installed,
        "yt_dlp_from": "update_ytdlp" if releases.path() else "installation",
        "yt_dlp_age_days": about.age_days(installed, timezone.now().date()),
        "javascript": about.javascript_runtime(),
        "warnings": [sentence for _, sentence, _ in problems],
    }
