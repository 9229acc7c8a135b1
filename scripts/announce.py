"""Wait until the site answers, then say where it is; later, when the worker has warmed up."""

from __future__ import annotations

import json
import os
import time
import urllib.request


def main() -> None:
    host, port = os.environ["HOST"], os.environ["PORT"]
    # A site that listens on every address is reached from here by the local one.
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    url = f"http://{shown}:{port}/"
    said = False
    deadline = time.monotonic() + 180
    parent = os.getppid()
    while time.monotonic() < deadline and os.getppid() == parent:
        health = read_health(f"{url}health/")
        if health and not said:
            print(f"The site is up at {url}  (Ctrl-C stops it; its worker is warming up ...)")
            said = True
        if health and health["workers_ready"]:
            print("The worker is ready.")
            return
        time.sleep(0.3)


def read_health(url: str) -> dict | None:
    request = urllib.request.Request(url, headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=2) as response:
            return json.load(response)
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    main()
