"""Clients of a site: so many at once, each as quick as it is answered; or so many pages a second.

    python -m scripts.bench.load < order.json

in a process of its own, so that the clients do not share Python's lock with what else is measured.
An order is a JSON object, the arguments of `run`; printed are its results.
"""

from __future__ import annotations

import http.client
import itertools
import json
import statistics
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

PATIENCE_S = 30.0
PACED_CLIENTS = 32  # at most, waiting for an answer at once


def ask(**order) -> dict:
    """Run an order in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.load"],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def run(
    url: str,
    paths: list[str],
    *,
    seconds: float,
    clients: int = 1,
    rate: float = 0,
    cookie: str = "",
) -> dict:
    """Ask for the paths in turn.

    Parameters
    ----------
    clients : at once, without a `rate`
    rate : pages a second; a page that had to wait for a client counts from when it was due
    """
    turns = itertools.count()
    lock = threading.Lock()
    took: list[float] = []
    failed: list[str] = []
    began = time.perf_counter()
    until = began + seconds

    def client() -> None:
        browser = _Browser(url, cookie)
        while True:
            with lock:
                turn = next(turns)
            due = began + turn / rate if rate else time.perf_counter()
            if due >= until:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            problem = browser.get(paths[turn % len(paths)])
            with lock:
                took.append(time.perf_counter() - due)
                if problem:
                    failed.append(problem)

    threads = [threading.Thread(target=client) for _ in range(PACED_CLIENTS if rate else clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _summary(took, failed, time.perf_counter() - began)


class _Browser:
    """One connection, which is opened anew when the site closes it."""

    def __init__(self, url: str, cookie: str):
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=PATIENCE_S
        )
        self._headers = {"Accept-Encoding": "gzip", "Cookie": cookie}

    def get(self, path: str) -> str:
        """Return what went wrong, or ""."""
        for last in (False, True):
            try:
                self._connection.request("GET", path, headers=self._headers)
                response = self._connection.getresponse()
                response.read()
                return "" if response.status == 200 else f"{path}: {response.status}"
            except (OSError, http.client.HTTPException) as error:
                # An idle connection may be closed at the moment of asking; that is no failure.
                self._connection.close()
                if last:
                    return f"{path}: {error!r}"
        raise AssertionError


def _summary(took: list[float], failed: list[str], seconds: float) -> dict:
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
    return {
        "requests": len(took),
        "per_s": round(len(took) / seconds, 1),
        **{f"p{n}_ms": round(1000 * cuts[n - 1], 1) for n in (50, 95, 99)},
        "failed": len(failed),
        "first_failure": failed[0] if failed else "",
    }


if __name__ == "__main__":
    print(json.dumps(run(**json.load(sys.stdin))))
