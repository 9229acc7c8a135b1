"""The process in which `ml.audio.confined` decodes: it can do nothing but compute.

    {"task": "whole" | "windows" | "stream" | "digest", "arguments": {...}, "cpu_s": 29}

Tasks are lines of JSON on stdin, all of one recording; at the end of stdin the process ends. What
it says are lines of JSON on stdout:

    {"event": "read", "at": 0, "n": 32768}      asks for bytes of the file: answered on stdin by the
                                                number of bytes (8 bytes, little-endian) and these
    {"event": "size"}                           asks for its size, answered in the same way
    {"event": "samples", "start_s": 0.0, "n": 65536}      and then n raw float32
    {"event": "digest", "sha256": "9f86d0..."}            of the sound as it is encoded
    {"event": "refused", "kind": "not_audio", ...}        the task is over: an AudioError
    {"event": "done"}                                     the task is over
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

import numpy as np

from ml.audio.decode import decode_blocks, decode_windows, digest, stream_windows
from ml.audio.seekable import SeekableReader
from ml.errors import AudioError
from ml.sandbox.children import leave_folder
from ml.sandbox.limits import be_killed_first
from ml.sandbox.strict import OUT_OF_MEMORY, confine

# What decoding may take beyond what the process has after its imports. A song takes a tenth of it.
MEMORY_BYTES = 256 * 1024 * 1024
MESSAGE_CHARACTERS = 300
GROUP = 1 << 16  # samples told at once: a block is a few milliseconds
LENGTH = struct.Struct("<q")
Part = tuple[float, np.ndarray]


class Parent:
    """The pipes to the parent process."""

    def __init__(self, answers: IO[bytes], events: IO[bytes]):
        self._answers, self._events = answers, events

    def task(self) -> dict[str, Any] | None:
        line = self._answers.readline()
        return json.loads(line) if line else None

    def tell(self, event: str, samples: np.ndarray | None = None, **values: object) -> None:
        self._events.write(json.dumps({"event": event, **values}).encode() + b"\n")
        if samples is not None:
            self._events.write(samples.astype(np.float32, copy=False).tobytes())
        self._events.flush()

    def read(self, at: int, n: int) -> bytes:
        self.tell("read", at=at, n=n)
        return self._exactly(self._number())

    def size(self) -> int:
        self.tell("size")
        return self._number()

    def _number(self) -> int:
        return int(LENGTH.unpack(self._exactly(LENGTH.size))[0])

    def _exactly(self, n: int) -> bytes:
        data = self._answers.read(n)
        if len(data) < n:
            os._exit(1)  # the parent is gone
        return data


class ParentsFile(SeekableReader):
    """The recording, which the parent has open and reads."""

    def __init__(self, parent: Parent):
        super().__init__()
        self._parent = parent

    def length(self) -> int:
        return self._parent.size()

    def read_at(self, position: int, size: int) -> bytes:
        return self._parent.read(position, size)


def main() -> None:
    # What FFmpeg prints must not mix with the events.
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    parent = Parent(os.fdopen(0, "rb", closefd=False), events)
    warm_up()
    leave_folder()
    be_killed_first()
    os.environ.clear()
    # Nothing is imported from here on, whether the kernel could keep it from being or not.
    sys.path.clear()
    sys.modules["django"] = None  # type: ignore[assignment]
    confined: list[str] | None = None
    try:
        while (task := parent.task()) is not None:
            if confined is None:
                confined = confine(cpu_s=task["cpu_s"], memory_bytes=MEMORY_BYTES)
            perform(task, parent)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    os._exit(0)


def perform(task: dict[str, Any], parent: Parent) -> None:
    """Do one task; its last event is "done" or "refused"."""
    file = ParentsFile(parent)
    try:
        if task["task"] == "digest":
            parent.tell("digest", sha256=digest(file))
            parent.tell("done")
            return
        decoded = DECODED[task["task"]](file, task["arguments"])
        for start_s, samples in decoded:
            parent.tell("samples", samples, start_s=start_s, n=int(samples.size))
    except AudioError as error:
        parent.tell(
            "refused",
            kind=error.kind,
            message=str(error)[:MESSAGE_CHARACTERS],
            cause=repr(error.__cause__ or error)[:MESSAGE_CHARACTERS],
        )
    else:
        parent.tell("done")


def _whole(file: io.RawIOBase, arguments: dict[str, Any]) -> Iterator[Part]:
    for block in grouped(decode_blocks(file, **arguments)):
        yield 0.0, block


def _windows(file: io.RawIOBase, arguments: dict[str, Any]) -> Iterator[Part]:
    yield from decode_windows(file, **arguments)


def _stream(file: io.RawIOBase, arguments: dict[str, Any]) -> Iterator[Part]:
    yield from stream_windows(file, **arguments)


DECODED = {"whole": _whole, "windows": _windows, "stream": _stream}


def grouped(blocks: Iterable[np.ndarray], size: int = GROUP) -> Iterator[np.ndarray]:
    """Join blocks until they have at least `size` samples."""
    held: list[np.ndarray] = []
    n_held = 0
    for block in blocks:
        held.append(block)
        n_held += block.size
        if n_held >= size:
            yield np.concatenate(held)
            held, n_held = [], 0
    if held:
        yield np.concatenate(held)


def warm_up() -> None:
    """Decode a second of a made wav, so that all that is loaded late is loaded."""
    rate_hz = 44_100
    sound = (np.arange(rate_hz, dtype=np.int16) % 100 * 50).tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, rate_hz,
        2 * rate_hz, 2, 16, b"data", len(sound),
    )  # fmt: skip
    for _ in decode_blocks(io.BytesIO(head + sound), 16_000, 2.0):
        pass
    digest(io.BytesIO(head + sound))
    try:
        list(decode_blocks(io.BytesIO(b"no sound"), 16_000, 2.0))
    except AudioError as error:
        repr(error.__cause__)


if __name__ == "__main__":
    main()
