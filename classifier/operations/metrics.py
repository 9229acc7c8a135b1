"""Metrics of jobs, workers and sources, read from the database whenever they are asked for.

So they are right whichever of several processes and machines is asked. What is counted are rows of
the last hour: rows are deleted and asked for again, so a count of all would not only grow.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from classifier.models import Classification, Worker
from classifier.sources.youtube import cooldown
from classifier.sources.youtube.ytdlp import about

from .queue_state import oldest_waiting_s

LATELY = timedelta(hours=1)
MOST_ROWS = 1000  # whose stages are read
QUANTILES = (0.5, 0.95)


class SiteCollector(Collector):
    """Yields all that the database knows, and whether it could be asked."""

    def collect(self) -> Iterator[Metric]:
        try:
            yield from [*_jobs(), *_stages(), *_queue(), *_workers(), *_youtube()]
        except (DatabaseError, InterfaceError):
            yield _gauge("genresite_database_up", "1 where the database answers", 0)
        else:
            yield _gauge("genresite_database_up", "1 where the database answers", 1)
        yield from _machine()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _jobs() -> Iterator[Metric]:
    counts = (
        Classification.objects.filter(created_at__gte=timezone.now() - LATELY)
        .order_by()
        .values_list("state", "error_kind")
        .annotate(n=Count("pk"))
    )
    by_outcome: dict[tuple[str, str], int] = {("done", ""): 0}
    for state, cause, n in counts:
        outcome = state if state in {"done", "failed"} else "unfinished"
        key = (outcome, (cause or "unknown") if outcome == "failed" else "")
        by_outcome[key] = by_outcome.get(key, 0) + n
    family = GaugeMetricFamily(
        "genresite_jobs_last_hour",
        "Songs asked for within the last hour, by outcome and cause of failure",
        labels=("outcome", "cause"),
    )
    for labels, n in sorted(by_outcome.items()):
        family.add_metric(labels, n)
    yield family


def _stages() -> Iterator[Metric]:
    rows = (
        Classification.objects.done()
        .filter(created_at__gte=timezone.now() - LATELY)
        .order_by("-created_at")
        .values_list("source", "stage_seconds", "seconds")[:MOST_ROWS]
    )
    seconds: dict[tuple[str, str], list[float]] = {}
    for source, stages, total in rows:
        whole = {} if total is None else {"all": total}
        for stage, value in ((stages or {}) | whole).items():
            seconds.setdefault((source, stage), []).append(value)
    family = GaugeMetricFamily(
        "genresite_job_seconds_last_hour",
        "Seconds that songs asked for within the last hour took, by source and stage",
        labels=("source", "stage", "quantile"),
    )
    for (source, stage), values in sorted(seconds.items()):
        for quantile in QUANTILES:
            family.add_metric((source, stage, str(quantile)), _quantile(values, quantile))
    yield family


def _quantile(values: list[float], quantile: float) -> float:
    return sorted(values)[min(len(values) - 1, int(quantile * len(values)))]


def _queue() -> Iterable[Metric]:
    unfinished = Classification.objects.unfinished()
    waiting = Classification.objects.takeable()
    yield _gauge("genresite_queue_unfinished", "Songs not answered yet", unfinished.count())
    yield _gauge("genresite_queue_waiting", "Songs that no worker is at", waiting.count())
    yield _gauge(
        "genresite_queue_oldest_seconds",
        "For how long the first of the songs that wait has been due",
        oldest_waiting_s(),
    )


def _workers() -> Iterable[Metric]:
    alive = list(Worker.objects.alive())
    ready = sum(worker.ready for worker in alive)
    family = GaugeMetricFamily(
        "genresite_workers", "Workers whose heartbeat is fresh", labels=("state",)
    )
    family.add_metric(("ready",), ready)
    family.add_metric(("warming_up",), len(alive) - ready)
    yield family


def _youtube() -> Iterable[Metric]:
    if not settings.YOUTUBE_ENABLED:
        return
    age_days = about.age_days(about.ytdlp_version(), timezone.now().date())
    if age_days is not None:
        yield _gauge("genresite_ytdlp_age_days", "Age of yt-dlp's release", age_days)
    paused = GaugeMetricFamily(
        "genresite_source_paused", "1 while a source is left alone", labels=("source",)
    )
    paused.add_metric(("youtube",), 1 if cooldown.current("youtube") else 0)
    yield paused


def _machine() -> Iterable[Metric]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    yield _gauge("genresite_disk_free_bytes", "Free where the site writes, on this machine", free)
