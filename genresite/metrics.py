"""/metrics for Prometheus: requests of all processes of this machine, and the site's own state.

Requests are counted in memory that the processes of gunicorn share (Prometheus' multiprocess mode),
because whichever of them is asked must answer for all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

LEAST_TOKEN = 16
KEEP_S = 7 * 24 * 3600  # the counts of a process that has ended
BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def set_up(token: str, data_dir: Path) -> None:
    """Choose the shared memory, before prometheus_client is imported anywhere."""
    if len(token) < LEAST_TOKEN:
        raise ImproperlyConfigured(f"METRICS_TOKEN is short: at least {LEAST_TOKEN} characters.")
    # Not on a disk: the system ends a process that writes to shared pages for which a full disk
    # has no room.
    memory = Path("/dev/shm")  # noqa: S108  the folder below is made as this user's alone
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    site = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
    folder = parent / f"genresite-metrics-{os.getuid()}-{site}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    about = folder.lstat()
    if about.st_uid != os.getuid() or folder.is_symlink():
        raise ImproperlyConfigured(f"{folder} is not this user's own: remove it.")
    _remove_old(folder)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _remove_old(folder: Path) -> None:
    """Remove what processes counted that ended long ago."""
    for path in folder.glob("*.db"):
        pid = re.search(r"(\d+)\.db$", path.name)
        if pid and not Path(f"/proc/{pid[1]}").exists():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - KEEP_S:
                    path.unlink()


def measure_requests(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: count each request and its seconds, by the name of its page and its status."""
    from prometheus_client import CollectorRegistry, Histogram

    requests = Histogram(
        "genresite_request_seconds",
        "Seconds from a request to its answer",
        labelnames=("view", "method", "status"),
        buckets=BUCKETS_S,
        # Shared memory is read by a collector of its own.
        registry=CollectorRegistry(),
    )

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "static" if response.status_code < 400 else "none"
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        requests.labels(view, method, response.status_code).observe(time.perf_counter() - started)
        return response

    return middleware


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who has the token; without the setting there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        response = HttpResponse("This needs METRICS_TOKEN.", status=401, content_type="text/plain")
        response["WWW-Authenticate"] = "Bearer"
        return response

    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from classifier.operations.metrics import SiteCollector

    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    registry.register(SiteCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
