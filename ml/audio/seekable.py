"""Files whose bytes are somewhere else and are fetched by position."""

from __future__ import annotations

import io
from abc import abstractmethod


class SeekableReader(io.RawIOBase):
    """A raw file that keeps its position; a subclass has `length` and `read_at`."""

    def __init__(self) -> None:
        self.position = 0

    @abstractmethod
    def length(self) -> int:
        """Return how many bytes there are."""

    @abstractmethod
    def read_at(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes from a position on, or some where it is below 0."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            offset += self.length()
        elif whence == io.SEEK_CUR:
            offset += self.position
        self.position = max(0, offset)
        return self.position

    def read(self, size: int = -1) -> bytes:
        data = self.read_at(self.position, size)
        self.position += len(data)
        return data
