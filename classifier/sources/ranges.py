"""A media URL as a seekable file, read in bounded ranges.

YouTube's media servers refuse requests without a range, and from some addresses allow only small
bounded ones; ffmpeg's own reading is throttled or broken there. So the decoder is given this file
object, and fetches only the blocks it looks at.
"""

from __future__ import annotations

import io
import time

from .base import SourceError

BLOCK_BYTES = 128 * 1024


class RangeReader(io.RawIOBase):
    """Reads `info["url"]` through yt-dlp's own networking (its headers, proxy and cookies).

    Raises TimeoutError after `deadline` (time.monotonic()), SourceError beyond `max_bytes`.
    """

    def __init__(self, ydl, info: dict, *, max_bytes: int, deadline: float):
        self._ydl = ydl
        self._url = info["url"]
        self._headers = dict(info.get("http_headers") or {})
        self._deadline = deadline
        self._budget = max_bytes
        self._blocks: dict[int, bytes] = {}
        self._position = 0
        self._size: int | None = info.get("filesize")
        self.requests = 0

    @property
    def size(self) -> int:
        if self._size is None:
            self._block(0)
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        self._position = (self.size if base is None else base) + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        if self._position >= self.size:
            return b""
        index, offset = divmod(self._position, BLOCK_BYTES)
        data = self._block(index)[offset:]
        if 0 <= size < len(data):
            data = data[:size]
        self._position += len(data)
        return data

    def _block(self, index: int) -> bytes:
        if index not in self._blocks:
            self._blocks[index] = self._fetch(index)
        return self._blocks[index]

    def _fetch(self, index: int) -> bytes:
        from yt_dlp.networking import Request

        if time.monotonic() > self._deadline:
            raise TimeoutError("media deadline passed")
        first = index * BLOCK_BYTES
        last = first + BLOCK_BYTES - 1
        if self._size is not None:
            last = min(last, self._size - 1)
        self._budget -= last - first + 1
        if self._budget < 0:
            raise SourceError("This video needs more data than this server fetches for a song.")
        headers = self._headers | {"Range": f"bytes={first}-{last}"}
        self.requests += 1
        with self._ydl.urlopen(Request(self._url, headers=headers)) as response:
            total = (response.headers.get("Content-Range") or "").rpartition("/")[2]
            if total.isdigit():
                self._size = int(total)
            data = response.read(last - first + 1)
        if self._size is None:
            self._size = first + len(data)
        return data
