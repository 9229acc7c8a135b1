"""Can the site listen where it is told to? One line and exit code 2 if not."""

from __future__ import annotations

import os
import socket
import sys


def problem(host: str, port: str) -> str | None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return f"PORT={port!r} is no port: use a number from 1 to 65535."
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            return f"{host}:{port} cannot be used ({error.strerror}). Choose another: PORT=8001"
    return None


if __name__ == "__main__":
    if sentence := problem(os.environ["HOST"], os.environ["PORT"]):
        print(sentence, file=sys.stderr)
        sys.exit(2)
