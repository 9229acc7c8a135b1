"""A media URL as seekable files, read in bounded ranges.

YouTube's media servers refuse requests without a range, and from some addresses allow only small
bounded ones; ffmpeg's own reading is throttled or broken there. So the decoder is given file
objects, and only what it looks at is fetched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ml.audio.seekable import SeekableReader

from .failures import YouTubeFailure

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL

BLOCK_BYTES = 8 * 1024
# The index of an hour in YouTube's files is 5 to 7 KB; a longer one is read on in larger steps.
HEADER_BLOCKS = 2
MAX_RANGE_BYTES = 1024 * 1024  # the most in one request that YouTube gives to addresses it suspects


class Media:
    """The bytes of one URL, each fetched once; safe to use from several threads.

    Parameters
    ----------
    get : (first, last) -> (status, total size or None, bytes), an inclusive range; see `http_get`
    max_bytes : what may be fetched in all; beyond it YouTubeFailure("too_much_data")
    deadline : time.monotonic() after which TimeoutError is raised
    """

    def __init__(
        self,
        get: Callable[[int, int], tuple[int, int | None, bytes]],
        *,
        max_bytes: int,
        deadline: float,
    ):
        self._get = get
        self._budget = max_bytes
        self._deadline = deadline
        self._blocks: dict[int, bytes] = {}
        self._fetching: set[int] = set()
        self._changed = threading.Condition()
        self.size: int | None = None
        self.requests = 0
        self.received = 0

    def open(self, ahead_bytes: int, *, probe: bool = False) -> MediaFile:
        """Open a file with a position of its own.

        ahead_bytes : how much is going to be read from where the reader jumps to
        probe : whether it will read a header there before it jumps to its samples
        """
        return MediaFile(self, ahead_bytes, probe)

    def has(self, index: int) -> bool:
        with self._changed:
            return index in self._blocks

    def block(self, index: int, ahead: int) -> bytes:
        """Return block `index`; a request for it brings up to `ahead` blocks along."""
        while True:
            with self._changed:
                if index in self._blocks:
                    return self._blocks[index]
                if self.size is not None and index * BLOCK_BYTES >= self.size:
                    return b""
                if index not in self._fetching:
                    run = self._claim(index, ahead)
                    break
                # Another thread is fetching it.
                self._changed.wait(timeout=0.5)
            self._check_deadline()
        try:
            self._fetch(index, run)
        finally:
            with self._changed:
                self._fetching -= set(range(index, index + run))
                self._changed.notify_all()
        return self._blocks.get(index, b"")

    def _claim(self, index: int, ahead: int) -> int:
        """Mark a run of missing blocks as being fetched, return how many; needs the lock."""
        run = 1
        most = max(1, min(ahead, MAX_RANGE_BYTES // BLOCK_BYTES))
        while run < most:
            following = index + run
            at_end = self.size is not None and following * BLOCK_BYTES >= self.size
            if following in self._blocks or following in self._fetching or at_end:
                break
            run += 1
        self._fetching |= set(range(index, index + run))
        return run

    def _fetch(self, index: int, run: int) -> None:
        self._check_deadline()
        first = index * BLOCK_BYTES
        last = first + run * BLOCK_BYTES - 1
        with self._changed:
            if self.size is not None:
                last = min(last, self.size - 1)
            self._budget -= last - first + 1
            if self._budget < 0:
                raise YouTubeFailure("too_much_data")
            self.requests += 1
        status, size, data = self._get(first, last)
        with self._changed:
            self.received += len(data)
            if status == 200:  # a server that ignores ranges has sent all of it
                self._budget -= max(0, len(data) - (last - first + 1))
                first, size = 0, len(data)
            elif size is None and len(data) < last - first + 1:
                size = first + len(data)  # less than was asked for: this is the end
            if size is not None:
                self.size = size
            for offset in range(0, len(data), BLOCK_BYTES):
                block = (first + offset) // BLOCK_BYTES
                self._blocks[block] = data[offset : offset + BLOCK_BYTES]

    def _check_deadline(self) -> None:
        if time.monotonic() > self._deadline:
            raise TimeoutError("the deadline for the media has passed")


class MediaFile(SeekableReader):
    """A seekable file over Media, one for each reader."""

    def __init__(self, media: Media, ahead_bytes: int, probe: bool):
        super().__init__()
        self._media = media
        self._ahead_bytes = max(1, ahead_bytes)
        self._probe = probe
        self._expected = -1  # the missing block that comes next, unless there is a jump

    def length(self) -> int:
        if self._media.size is None:
            self._media.block(0, HEADER_BLOCKS)
        return self._media.size or 0

    def read_at(self, position: int, size: int) -> bytes:
        index, offset = divmod(position, BLOCK_BYTES)
        data = self._media.block(index, self._ahead(index, offset))[offset:]
        return data[:size] if 0 <= size < len(data) else data

    def _ahead(self, index: int, offset: int) -> int:
        """Return how many blocks to fetch if this one is missing.

        The header is short; after a jump into the song comes a whole excerpt, best fetched in one
        request, and should that not do, a little more. A probe is what an m4a needs: the reader
        takes the head of a fragment and jumps from there to its sound.
        """
        if index < HEADER_BLOCKS:
            return HEADER_BLOCKS
        if self._media.has(index):
            return 1
        if self._probe:
            self._probe = False
            return HEADER_BLOCKS
        size = self._ahead_bytes // (4 if index == self._expected else 1)
        ahead = -(-(offset + size) // BLOCK_BYTES)
        self._expected = index + ahead
        return ahead


def http_get(ydl: YoutubeDL, info: dict, max_bytes: int) -> Callable[[int, int], tuple]:
    """Return a `get` for Media through yt-dlp's own networking (its headers, proxy, cookies)."""
    from yt_dlp.networking import Request

    headers = dict(info.get("http_headers") or {})

    def get(first: int, last: int) -> tuple[int, int | None, bytes]:
        request = Request(info["url"], headers=headers | {"Range": f"bytes={first}-{last}"})
        with ydl.urlopen(request) as response:
            if response.status == 200:
                data = response.read(max_bytes + 1)
                if len(data) > max_bytes:
                    raise YouTubeFailure("too_much_data")
                return 200, len(data), data
            total = (response.headers.get("Content-Range") or "").rpartition("/")[2]
            data = response.read(last - first + 1)
            return response.status, int(total) if total.isdigit() else None, data

    return get
