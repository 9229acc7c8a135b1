"""The line between the fake and its clients: one bandwidth for all connections together."""

from __future__ import annotations

import threading
import time


class Link:
    """Who has how much to send, one after the other. Opening more connections makes it no wider."""

    def __init__(self) -> None:
        self._free_at = 0.0
        self._lock = threading.Lock()

    def seconds_for(self, size: int, bandwidth: float) -> float:
        """Book the line for `size` bytes; they have arrived after this many seconds from now."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / bandwidth
            return self._free_at - now
