"""One HTTP request while it arrives, until it is whole."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

END_OF_HEAD = b"\r\n\r\n"
# More than gunicorn takes: what is longer is given to its parser, which refuses it.
MOST_HEAD_BYTES = 64 * 1024
IN_MEMORY_BYTES = 256 * 1024  # of a body; the rest lies in a file without a name
# Of a body over the limit: enough for the fields before its file, which the page's form is read
# from. The rest is dropped as it comes.
KEPT_OF_TOO_LARGE = 1024 * 1024
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
EXPECTS = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True)
class BodyLimits:
    """What is stored of a body: all up to `most`; beyond `unread` it is not even waited for."""

    most: int
    unread: int
    folder: str | None = None


def _nothing(data: bytes) -> None:
    """Send nothing."""


@dataclass
class Arrival:
    """Collect the bytes of one request.

    What it holds only decides when a thread is given the request; gunicorn's own parser then reads
    these bytes and no others, so the two cannot disagree on where the next request begins.

    say : sends the interim answer that a client with `Expect: 100-continue` waits for
    unstored : why the body could not be stored; it is read to its end all the same, as visitors
        who are still sending would not see an answer
    """

    limits: BodyLimits
    say: Callable[[bytes], None] = _nothing
    head: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    received: int = 0
    stored: int = 0
    length: int = 0
    unstored: OSError | None = None
    _body: IO[bytes] | None = None
    _in_body: bool = False
    _read: int = 0

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to this request; returns what belongs to the next."""
        self.received += len(data)
        if not self._in_body:
            data = self._feed_head(data)
        if self._in_body and not self.is_whole:
            data = self._feed_body(data)
        return data

    def read(self, size: int) -> bytes:
        """Return the next bytes of the whole request, b"" after its end."""
        if self._read < len(self.head):
            data = bytes(self.head[self._read : self._read + size])
            self._read += len(data)
            return data
        if self._body is None:
            return b""
        data = self._body.read(size)
        self._read += len(data)
        if self._read >= len(self.head) + self.stored:
            self.close()  # at once: whoever has read it may need the room that it takes
        return data

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def _feed_head(self, data: bytes) -> bytes:
        seen = max(0, len(self.head) - len(END_OF_HEAD) + 1)
        self.head += data
        end = self.head.find(END_OF_HEAD, seen)
        if end < 0:
            self.is_whole = len(self.head) > MOST_HEAD_BYTES
            return b""
        rest = bytes(self.head[end + len(END_OF_HEAD) :])
        del self.head[end + len(END_OF_HEAD) :]
        self._in_body = True
        # Two lengths are refused by the parser, a body in chunks is read by no page.
        found = LENGTH.findall(bytes(self.head))
        self.length = int(found[0]) if len(found) == 1 else 0
        self.is_whole = not 0 < self.length <= self.limits.unread
        if not self.is_whole and EXPECTS.search(self.head):
            self.say(CONTINUE)
        return rest

    def _feed_body(self, data: bytes) -> bytes:
        if self._body is None:
            self._body = tempfile.SpooledTemporaryFile(  # noqa: SIM115  closed by close()
                IN_MEMORY_BYTES, dir=self.limits.folder
            )
            self._missing = self.length
        own, rest = data[: self._missing], data[self._missing :]
        self._missing -= len(own)
        most = self.limits.most if self.length <= self.limits.most else KEPT_OF_TOO_LARGE
        self.is_whole = not self._missing
        kept = own[: max(0, most - self.stored)]
        if not self.unstored:
            self._store(self._body, kept)
        return rest

    def _store(self, body: IO[bytes], data: bytes) -> None:
        try:
            body.write(data)
            if not self._missing:
                body.seek(0)
        except OSError as error:  # the disk is full
            self.unstored, self.stored = error, 0
            with contextlib.suppress(OSError):
                body.close()
            self._body = io.BytesIO()
        else:
            self.stored += len(data)
