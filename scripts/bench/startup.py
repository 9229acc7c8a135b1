"""How long the processes take to start, and what they hold."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path

from scripts.bench.memory import peak_mb, peak_mb_of_children
from scripts.testbed.site import Site, wait_for


def measure() -> dict:
    with tempfile.TemporaryDirectory() as folder:
        web = Site(Path(folder)).start("web")
        wait_for(lambda: home_page(web.url), 60, "the home page")
        web_s = time.perf_counter() - web.started_at
        started = time.perf_counter()
        home_page(web.url)
        page_s = time.perf_counter() - started
        web_mb = peak_mb_of_children(web.process.pid)
        web.stop()
    with tempfile.TemporaryDirectory() as folder:
        both = Site(Path(folder)).start()
        both.wait_until_ready()
        worker_s = time.perf_counter() - both.started_at
        worker_mb = peak_mb(both.worker_pids()[0])
        both.stop()
    return {
        "web_start_to_home_page_s": round(web_s, 2),
        "home_page_when_running_s": round(page_s, 3),
        "web_peak_memory_mb": web_mb,
        "worker_start_to_warm_s": round(worker_s, 2),
        "worker_peak_memory_warm_mb": worker_mb,
        "worker_start_per_web_start": round(worker_s / web_s, 1),
    }


def home_page(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False
