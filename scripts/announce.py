"""Wait until the site answers, then say where it is; later, when the worker has warmed up."""

from __future__ import annotations

import json
import os
import time

from scripts import local_site


def main() -> None:
    said = False
    deadline = time.monotonic() + 180
    parent = os.getppid()
    while time.monotonic() < deadline and os.getppid() == parent:
        health = read_health()
        if health and not said:
            print(
                f"The site is up at {local_site.url()}"
                "  (Ctrl-C stops it; its worker is warming up ...)"
            )
            said = True
        if health and health["workers_ready"]:
            print("The worker is ready.")
            return
        time.sleep(0.3)


def read_health() -> dict | None:
    try:
        return json.loads(local_site.read("health/", timeout_s=2))
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    main()
