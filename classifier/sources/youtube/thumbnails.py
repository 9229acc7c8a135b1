"""Thumbnails of videos, which visitors get from this site and not from YouTube.

A search begins to fetch the pictures of what it found (`fetch_soon`), and by the time a browser
asks for them they are kept in a folder. Addresses here are signed: they are had from pages of this
site alone. That is no bound on ids, as whoever pastes a link is shown a picture of its id, made up
or not; what is fetched is always a picture of YouTube's host, and only so much at a time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

from ml.atomic_files import replacing

from . import thumbnail_host

log = logging.getLogger(__name__)

KEEP_FILES = 1000  # of thumbnail_host.MAX_BYTES at most: 50 MB
KEEP_DAYS = 30
FETCHES = 4  # at once, in a process
MOST_COMING = 100  # being fetched, or queued
# Of the web process's eight threads so many may wait long for a slow picture. Any others wait for
# as long as a quick one takes, so that the rest of the site goes on.
PATIENT = 4
PATIENCE_S, BRIEFLY_S = 4.0, 0.75
NONE_S = 600.0  # how long a video without a picture is not asked for again
FAILURES, QUIET_S = 3, 60.0  # after so many in a row the host is left alone for a while

_signer = signing.Signer(salt="classifier.thumbnail")


def url_for(video_id: str) -> str:
    """Return the address on this site, which stays the same so that browsers may cache it."""
    signature = _signer.signature(video_id)
    return f"{reverse('thumbnail', args=[video_id])}?{urlencode({'s': signature})}"


def is_ours(video_id: str, signature: str) -> bool:
    """Tell whether a page of this site has shown the video."""
    try:
        return _signer.unsign(f"{video_id}:{signature}") == video_id
    except signing.BadSignature:
        return False


def kept(video_id: str) -> bytes | None:
    """Return the thumbnail from the folder, or None."""
    try:
        return path_of(video_id).read_bytes()
    except OSError:
        return None


def is_wanted(video_id: str) -> bool:
    """Tell whether a request for the thumbnail makes this server ask YouTube."""
    return fetches.is_new(video_id)


def fetched(video_id: str) -> bytes | None:
    """Wait shortly for the thumbnail; None where it does not come in time."""
    return fetches.wait_for(video_id)


def fetch_soon(video_ids: Iterable[str]) -> None:
    """Begin to fetch thumbnails, without waiting."""
    for video_id in video_ids:
        fetches.begin(video_id)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "thumbnails"


class Fetches:
    """The fetches of this process, and which videos are not asked for at present."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(FETCHES, thread_name_prefix="thumbnail")
        self._patient = threading.BoundedSemaphore(PATIENT)
        self._lock = threading.Lock()
        self._coming: dict[str, Future] = {}
        self._none_until: dict[str, float] = {}  # by time.monotonic
        self._failures = 0
        self._quiet_until = 0.0

    def close(self) -> None:
        """Wait for what is under way; what has not begun is given up."""
        self._pool.shutdown(cancel_futures=True)

    def is_new(self, video_id: str) -> bool:
        with self._lock:
            return video_id not in self._coming and self._may_ask(video_id)

    def begin(self, video_id: str) -> Future | None:
        """Return the fetch of this video, begun now if need be; None if it may not be asked for."""
        with self._lock:
            if video_id not in self._coming:
                if len(self._coming) >= MOST_COMING or not self._may_ask(video_id):
                    return None
                self._coming[video_id] = self._pool.submit(self._fetch, video_id)
            return self._coming[video_id]

    def wait_for(self, video_id: str) -> bytes | None:
        future = self.begin(video_id)
        if future is None:
            return None
        is_patient = self._patient.acquire(blocking=False)
        try:
            return future.result(PATIENCE_S if is_patient else BRIEFLY_S)
        except TimeoutError:
            return None
        finally:
            if is_patient:
                self._patient.release()

    def _may_ask(self, video_id: str) -> bool:
        now = time.monotonic()
        return now >= self._quiet_until and now >= self._none_until.get(video_id, 0)

    def _fetch(self, video_id: str) -> bytes | None:
        """Fetch and store one thumbnail; runs in the pool, so without the database."""
        try:
            if (jpeg := kept(video_id)) is not None:
                return jpeg
            with self._lock:  # others may have failed since this one was begun
                if not self._may_ask(video_id):
                    return None
            jpeg = thumbnail_host.fetch(video_id)
            self._note_answer()
            _keep(video_id, jpeg)
            return jpeg
        except thumbnail_host.NoPicture as reason:
            log.info("no picture of a video: %s", reason)
            self._note_answer()
            self._note_none(video_id)
        except thumbnail_host.Unreachable as reason:
            log.warning("%s could not be reached: %s", thumbnail_host.HOST, reason)
            self._note_failure()
        except Exception:
            log.exception("a picture of a video could not be fetched")
            self._note_failure()
        finally:
            with self._lock:
                del self._coming[video_id]
        return None

    def _note_answer(self) -> None:
        with self._lock:
            self._failures = 0

    def _note_none(self, video_id: str) -> None:
        with self._lock:
            if len(self._none_until) >= KEEP_FILES:
                del self._none_until[next(iter(self._none_until))]
            self._none_until[video_id] = time.monotonic() + NONE_S

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._failures = 0
                self._quiet_until = time.monotonic() + QUIET_S


fetches = Fetches()


def path_of(video_id: str) -> Path:
    """Where the picture is kept."""
    # In hexadecimal: an id may begin with a dash, and some file systems take "a" for "A".
    return folder() / f"{video_id.encode().hex()}.jpg"


def _keep(video_id: str, jpeg: bytes) -> None:
    """Write a thumbnail whole or not at all, and remove the oldest when there are too many."""
    try:
        with replacing(path_of(video_id)) as draft:
            draft.write_bytes(jpeg)
        _make_room()
    except OSError as error:
        log.warning("a picture of a video could not be kept: %s", error.strerror)


def _make_room() -> None:
    if len(os.listdir(folder())) <= KEEP_FILES:
        return
    # A tenth more than needed, so that the next thumbnail does not do this again.
    by_age = sorted((_changed(path), path) for path in folder().iterdir())
    for _, path in by_age[: len(by_age) - KEEP_FILES + KEEP_FILES // 10]:
        with contextlib.suppress(FileNotFoundError):  # another process makes room as well
            path.unlink()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
