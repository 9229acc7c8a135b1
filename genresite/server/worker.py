"""The worker class of gunicorn: threads get requests that are whole and answer without waiting.

gunicorn's own threads read a request as it comes, for as long as it takes: eight visitors on a bad
line, or one who means it, hold all of them. Here the worker's loop, which waits for all connections
at once, collects each request before a thread is given it, and sends what of the answer did not fit
at once. So a slow visitor costs an open connection and never a thread.
"""

from __future__ import annotations

import errno
import resource
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from classifier.web.upload_handler import FORM_OVERHEAD_BYTES, MUCH_TOO_LARGE
from genresite.outages import outage_of
from genresite.unavailable import raw_answer

from .arrival import Arrival, BodyLimits
from .connection import BufferedSocket

HEAD_S = 10.0  # from the first moment to the end of a request's head
IDLE_S = 30.0  # without one byte more, of a body or of an answer's reader
GRACE_S, LEAST_BYTES_A_SECOND = 60.0, 256  # then a body or a reader must be this quick in all
LINGER_S = 3.0  # for a visitor to close after the answer
MOST_LINGERING_BYTES = 1024 * 1024
STOPPING_S = 2.0  # for a connection without a request, when the worker stops
BLOCK_BYTES = 64 * 1024
BODIES_AT_ONCE = 20  # times the largest upload: what all bodies that arrive may take of the disk
SPARE_FILES = 128  # of the process's open files: for databases, logs, pages


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection with what the loop knows of it."""

    def __init__(self, cfg: Any, raw: socket.socket, client: Any, server: Any):
        super().__init__(cfg, BufferedSocket(raw), client, server)
        self.rest = b""  # what came of the next request
        self.keeps_alive = False
        self.served = 0
        self.initialized = True  # the loop makes the parser
        self.since = time.monotonic()
        self.heard_at = self.since
        self.lingered = 0

    @property
    def address(self) -> str:
        return self.client[0] if isinstance(self.client, tuple) and self.client else ""


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """A ThreadWorker whose threads wait for nobody's line."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Each connection may need a file for what it holds, besides itself.
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = max(16, (files - SPARE_FILES) // 2)
        self.worker_connections: int = min(self.cfg.worker_connections, most)
        self.arriving: dict[Connection, None] = {}  # in the order in which they began
        self.writing: dict[Connection, None] = {}
        self.lingering: dict[Connection, None] = {}

    def init_process(self) -> None:
        if self.cfg.is_ssl:
            raise RuntimeError("This worker speaks no TLS: put a proxy before it.")
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        try:
            raw, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._await_request(Connection(self.cfg, raw, client, listener.getsockname()))
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """Send what is left of the answer, then wait for the next request or close."""
        try:
            conn.keeps_alive = bool(fs.result()) if not fs.cancelled() else False
        except Exception:
            self._close(conn)
            return
        if not conn.sock.waiting_bytes:
            self._after_answer(conn)
            return
        conn.since = conn.sock.progress_at = time.monotonic()
        conn.written = 0
        self._watch(conn, self.writing, selectors.EVENT_WRITE, self._on_writable)

    def murder_pending(self) -> None:
        """Close connections that are too slow; gunicorn's loop calls this every second."""
        now = time.monotonic()
        for conn in [conn for conn in self.arriving if self._is_too_slow(conn, now)]:
            self._drop(conn, self.arriving)
        for conn in list(self.writing):
            idle, spent = now - conn.sock.progress_at, now - conn.since
            if idle > IDLE_S or spent > GRACE_S + conn.written / LEAST_BYTES_A_SECOND:
                self._drop(conn, self.writing)
        for conn in [conn for conn in self.lingering if now - conn.since > LINGER_S]:
            self._drop(conn, self.lingering)

    def _is_too_slow(self, conn: Connection, now: float) -> bool:
        arrival, spent = conn.sock.arrival, now - conn.since
        if not arrival.received and (conn.served or not self.alive):
            wait = self.cfg.keepalive if conn.served else HEAD_S
            return bool(spent > (wait if self.alive else min(wait, STOPPING_S)))
        if not arrival.length:
            return spent > HEAD_S
        if now - conn.heard_at > IDLE_S:
            return True
        return spent > GRACE_S + arrival.received / LEAST_BYTES_A_SECOND

    def _await_request(self, conn: Connection) -> None:
        """Collect the next request, of which a part may be here already."""
        limit = settings.UPLOAD_MAX_BYTES
        folder = settings.FILE_UPLOAD_TEMP_DIR
        limits = BodyLimits(
            limit + FORM_OVERHEAD_BYTES, MUCH_TOO_LARGE * limit, str(folder) if folder else None
        )
        if conn.sock.arrival:
            conn.sock.arrival.close()
        conn.sock.arrival = Arrival(limits, conn.sock.sendall)
        conn.since = conn.heard_at = time.monotonic()
        if conn.rest:
            conn.rest = conn.sock.arrival.feed(conn.rest)
        if conn.sock.arrival.is_whole:
            self._give_to_thread(conn)
        else:
            self._watch(conn, self.arriving, selectors.EVENT_READ, self._on_readable)

    def _on_readable(self, conn: Connection) -> None:
        data = _received(conn)
        if data is None:
            return
        if not data:
            self._drop(conn, self.arriving)
            return
        conn.heard_at = time.monotonic()
        try:
            conn.rest = conn.sock.arrival.feed(data)
        except OSError:  # the visitor is gone
            self._drop(conn, self.arriving)
            return
        if conn.sock.arrival.is_whole and conn.sock.arrival.unstored:
            self._refuse(conn, conn.sock.arrival.unstored)
        elif conn.sock.arrival.is_whole:
            self._unwatch(conn, self.arriving)
            self._give_to_thread(conn)
        elif conn.sock.arrival.stored > BLOCK_BYTES:
            self._limit_bodies()

    def _give_to_thread(self, conn: Connection) -> None:
        # A parser for each request: it sees the bytes of this one alone.
        conn.parser = get_parser(self.cfg, conn.sock, conn.client)
        conn.served += 1
        self.enqueue_req(conn)

    def _refuse(self, conn: Connection, error: OSError) -> None:
        """Answer that there is no room, in place of the pages, which never see the request."""
        self.log.warning("A request could not be stored: %s", error.strerror)
        outage = outage_of(error)
        if outage is None:
            self._drop(conn, self.arriving)
            return
        self._unwatch(conn, self.arriving)
        conn.keeps_alive = False
        try:
            conn.sock.sendall(raw_answer(outage))
        except OSError:
            self._close(conn)
            return
        self._after_answer(conn)

    def _on_writable(self, conn: Connection) -> None:
        before = conn.sock.waiting_bytes
        try:
            conn.sock.flush()
        except OSError:
            self._drop(conn, self.writing)
            return
        conn.written += before - conn.sock.waiting_bytes
        if not conn.sock.waiting_bytes:
            self._unwatch(conn, self.writing)
            self._after_answer(conn)

    def _after_answer(self, conn: Connection) -> None:
        if conn.keeps_alive:
            self._await_request(conn)
            return
        # Half closed first, and what the visitor still sends is read for a moment: closed at once,
        # the system would take back the end of the answer.
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.since = time.monotonic()
        self._watch(conn, self.lingering, selectors.EVENT_READ, self._on_lingering)

    def _on_lingering(self, conn: Connection) -> None:
        data = _received(conn)
        if data is None:
            return
        conn.lingered += len(data)
        if not data or conn.lingered > MOST_LINGERING_BYTES:
            self._drop(conn, self.lingering)

    def _limit_bodies(self) -> None:
        """Give up the oldest bodies where all that arrive take too much of the disk."""
        most = BODIES_AT_ONCE * settings.UPLOAD_MAX_BYTES
        stored = sum(conn.sock.arrival.stored for conn in self.arriving)
        while stored > most and self.arriving:
            oldest = next(conn for conn in self.arriving if conn.sock.arrival.stored)
            stored -= oldest.sock.arrival.stored
            self._drop(oldest, self.arriving)

    def _make_room(self) -> None:
        """Close a connection that waits, the oldest of the address that has most of them."""
        for waiting in (self.lingering, self.arriving, self.writing):
            if waiting:
                address = Counter(conn.address for conn in waiting).most_common(1)[0][0]
                self._drop(next(conn for conn in waiting if conn.address == address), waiting)
                return

    def _watch(
        self,
        conn: Connection,
        among: dict[Connection, None],
        events: int,
        callback: Callable[[Connection], None],
    ) -> None:
        among[conn] = None
        self.poller.register(conn.sock, events, partial(self._dispatch, conn, among, callback))

    def _dispatch(
        self,
        conn: Connection,
        among: dict[Connection, None],
        callback: Callable[[Connection], None],
        _: Any,
    ) -> None:
        # What was dropped for another connection may have an event among those found with it.
        if conn in among:
            callback(conn)

    def _unwatch(self, conn: Connection, among: dict[Connection, None]) -> None:
        among.pop(conn, None)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection, among: dict[Connection, None]) -> None:
        self._unwatch(conn, among)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()


def _received(conn: Connection) -> bytes | None:
    """Return what has come, b"" at the end or where the line is broken; None for nothing yet."""
    try:
        data: bytes = conn.sock.raw.recv(BLOCK_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    return data
