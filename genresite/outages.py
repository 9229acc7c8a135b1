"""Failures of what the site stands on: the database and the disk.

They are no fault of the code, pass by themselves, and are answered with a page (503) that needs
neither database nor collected static files.
"""

from __future__ import annotations

import errno
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@dataclass(frozen=True)
class Outage:
    """What visitors are told, and when they may try again."""

    kind: str
    title: str
    sentence: str
    retry_s: int


AWAY = Outage(
    "database",
    "The database does not answer",
    "This site cannot reach its database at the moment.",
    30,
)
BUSY = Outage(
    "busy",
    "Somebody else is writing",
    "This site could not store anything for a while, because something else was being stored.",
    10,
)
FULL = Outage(
    "full",
    "No room at the moment",
    "This site has no room for files at the moment; the operator must make some.",
    300,
)
READ_ONLY = Outage(
    "read_only",
    "Nothing can be stored at the moment",
    "This site can be read, but it cannot store anything new at the moment.",
    300,
)

_OF_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
}
# Names of SQLite's errors, without what some add to them, and PostgreSQL's codes. SQLITE_ERROR is
# not among them: so it calls a missing table, which is an error of the code or of an upgrade.
_OF_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_IOERR": AWAY,
    "SQLITE_CANTOPEN": AWAY,
    "SQLITE_PERM": AWAY,
}
_OF_POSTGRESQL = {"53100": FULL, "25006": READ_ONLY, "55P03": BUSY}


def outage_of(error: BaseException | None) -> Outage | None:
    """Return which outage an exception tells of; None where it is an error of the code."""
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error)
    if isinstance(error, OSError):
        return _OF_ERRNO.get(error.errno or 0)
    return None


def _of_database(error: Exception) -> Outage | None:
    cause = error.__cause__  # what the driver raised
    if name := getattr(cause, "sqlite_errorname", ""):
        return _OF_SQLITE.get("_".join(name.split("_")[:2]))
    if outage := _OF_POSTGRESQL.get(getattr(cause, "sqlstate", None) or ""):
        return outage
    return AWAY if isinstance(error, OperationalError | InterfaceError) else None


class _Distrust:
    """Connections from before an outage are closed, because some keep what was wrong.

    One that SQLite opened while its file was read-only stays so for as long as it is open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = 0.0

    def begin(self) -> None:
        with self._lock:
            self._since = time.monotonic()
        self.close_old()

    def close_old(self, **kwargs: Any) -> None:
        """Close this thread's connections that are older than the last outage."""
        if not self._since:
            return
        for connection in connections.all(initialized_only=True):
            opened_at = getattr(connection, "opened_at", 0.0)
            if opened_at <= self._since and not connection.in_atomic_block:
                connection.close()

    @staticmethod
    def note_opened(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        connection.opened_at = time.monotonic()  # type: ignore[attr-defined]  # a note of ours


distrust = _Distrust()
connection_created.connect(distrust.note_opened, dispatch_uid="genresite.outages")
