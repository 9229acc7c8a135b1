"""Waiting a while for an answer, without keeping the threads of the web process from others."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from django.conf import settings

from classifier.models import ApiToken, Classification

from .auth import check_again
from .problems import Problem

LONGEST_S = 30
PAUSES_S = (0.1, 0.1, 0.2, 0.3, 0.5)  # then the last one

_lock = threading.Lock()
_waiting = 0


def wait(row: Classification, token: ApiToken, seconds: int) -> None:
    """Return when a job is finished, the time is over, or too many wait in this process already.

    The row is read again and again, each time by a query of its own: no transaction is open
    meanwhile. Raises Problem where the token is revoked, or the song forgotten.
    """
    deadline = time.monotonic() + min(seconds, LONGEST_S)
    with _a_place() as has_place:
        turn = 0
        while has_place and (left_s := deadline - time.monotonic()) > 0:
            state = Classification.objects.filter(pk=row.pk).values_list("state", flat=True).first()
            if state is None:
                raise Problem("not_found", "This song was forgotten meanwhile.")
            check_again(token)
            if state not in Classification.UNFINISHED:
                return
            time.sleep(min(left_s, PAUSES_S[min(turn, len(PAUSES_S) - 1)]))
            turn += 1


@contextlib.contextmanager
def _a_place() -> Iterator[bool]:
    """Take one of API_WAITING places, of each web process; False where all are taken."""
    global _waiting
    with _lock:
        has_place = _waiting < settings.API_WAITING
        _waiting += has_place
    try:
        yield has_place
    finally:
        with _lock:
            _waiting -= has_place
