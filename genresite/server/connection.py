"""A visitor's connection, as the threads of the worker see it: reading and writing never wait."""

from __future__ import annotations

import errno
import select
import socket
import tempfile
import time
from typing import IO, Any

from .arrival import Arrival

IN_MEMORY_BYTES = 256 * 1024
BLOCK_BYTES = 64 * 1024
# More than any page or track; a longer answer (the export of a long history) is written as fast as
# it is read, for some time.
MOST_HELD_BYTES = 32 * 1024 * 1024
PATIENCE_S = 20.0


class BufferedSocket:
    """A socket that reads from a request that is whole, and holds what cannot be sent yet.

    The thread that answers a request uses it, and the worker's loop before and after that, never
    both at once.
    """

    def __init__(self, raw: socket.socket):
        raw.setblocking(False)
        self.raw = raw
        self.arrival: Arrival | None = None
        self._held: IO[bytes] | None = None
        self._written = self._sent = 0
        self.progress_at = time.monotonic()

    @property
    def waiting_bytes(self) -> int:
        """How much of the answer is still to be sent."""
        return self._written - self._sent

    def recv(self, size: int, flags: int = 0) -> bytes:
        return self.arrival.read(size) if self.arrival else b""

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        if not self.waiting_bytes:
            view = view[self._send(view) :]
        if not view:
            return
        if self.waiting_bytes > MOST_HELD_BYTES:
            self._wait_for_reader()
        if self._held is None:
            # Closed by flush() or close().
            self._held = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115
        self._held.seek(self._written)
        self._held.write(view)
        self._written += len(view)

    def send(self, data: bytes, flags: int = 0) -> int:
        self.sendall(data)
        return len(data)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        file.seek(offset)
        left = count if count is not None else -1
        sent = 0
        while left and (block := file.read(min(left, BLOCK_BYTES) if left > 0 else BLOCK_BYTES)):
            self.sendall(block)
            sent += len(block)
            left -= len(block) if left > 0 else 0
        return sent

    def flush(self) -> None:
        """Send as much as the connection takes now. Raises OSError where it is broken."""
        while self._held is not None and self.waiting_bytes:
            self._held.seek(self._sent)
            block = self._held.read(BLOCK_BYTES)
            sent = self._send(memoryview(block))
            self._sent += sent
            if sent < len(block):
                return
        if self._held is not None:
            self._held.close()
        self._held, self._written, self._sent = None, 0, 0

    def fileno(self) -> int:
        return self.raw.fileno()

    def close(self) -> None:
        if self.arrival:
            self.arrival.close()
        if self._held is not None:
            self._held.close()
        self.raw.close()

    def shutdown(self, how: int) -> None:
        self.raw.shutdown(how)

    # The threads never wait, so how long they would wait is not theirs to say.
    def setblocking(self, flag: bool) -> None:
        """Stay as it is."""

    def settimeout(self, seconds: float | None) -> None:
        """Stay as it is."""

    def gettimeout(self) -> float | None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def _send(self, data: memoryview) -> int:
        sent = 0
        try:
            while sent < len(data):
                sent += self.raw.send(data[sent:])
        except BlockingIOError:
            pass
        if sent:
            self.progress_at = time.monotonic()
        return sent

    def _wait_for_reader(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        poll = select.poll()
        poll.register(self.raw, select.POLLOUT)
        while self.waiting_bytes > MOST_HELD_BYTES // 2:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise OSError(errno.ECONNRESET, "the answer is not read")
            self.flush()
