"""Decoding of what strangers sent: the functions of `ml.audio.decode`, in a child process.

The child (`decoder_child.py`) is confined before it reads a byte of the recording, see
`ml.sandbox.strict`. It asks for the bytes it wants to look at, so this process reads a file, or an
object that fetches, on its behalf; of what it answers, only numbers of samples and samples are
believed. A spare waits with its imports done, so that a song is not slowed by them.
"""

from __future__ import annotations

import io
import json
import logging
import math
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from ml.audio.samples import join, too_long
from ml.errors import AudioError, AudioTooLong, DecoderDied, NotAudio, NotFinite, TooComplex
from ml.sandbox.children import (
    Child,
    ChildDied,
    ChildError,
    ChildNonsense,
    Pipe,
    Spare,
    environment,
    python,
)
from ml.sandbox.strict import OUT_OF_MEMORY

log = logging.getLogger(__name__)

COMMAND = python("ml.audio.decoder_child")
# CPU time of a recording: some seconds, and a fiftieth of the length that is allowed. An mp3 takes
# a four-hundredth on a machine of today.
CPU_S, CPU_PER_S = 5.0, 1 / 50
PATIENCE = 4.0  # how much longer than its CPU time it may take
START_S = 30.0  # for a machine that is busy
DYING_S = 2.0
# How a decoder ends that meets what it was not made for, or that was given no more memory.
CRASHES = {
    -number
    for number in (
        signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP,
        signal.SIGSYS,
    )
}  # fmt: skip
LONGEST_LINE = 4096
LARGEST_READ = 1 << 20
LARGEST_PART = 64 * 1024 * 1024  # bytes: a window of half a minute at 384 kHz is 46 MB
Source = BinaryIO | io.RawIOBase
SHA256 = re.compile(r"[0-9a-f]{64}")
Part = tuple[float, np.ndarray]
Answer = TypeVar("Answer")


class ReportedError(Exception):
    """What the decoder raised, in its own words."""


def decode(
    source: str | Path | Source, *, rate_hz: int, max_duration_s: float = 900.0
) -> np.ndarray:
    """Decode the first audio stream of a file, as `ml.audio.decode.decode` does.

    Raises
    ------
    AudioError : as `ml.audio.decode.decode`; TooComplex where it needs more than a song may
    OSError : `source` cannot be read
    DecoderDied : the child was killed by somebody else
    """
    with ExitStack() as stack:
        if isinstance(source, (str, Path)):
            source = stack.enter_context(Path(source).open("rb"))
        # Later and not now, where its imports would slow the task.
        stack.callback(warm)
        decoders = stack.enter_context(Decoders(max_duration_s))
        return decoders.decode(source, rate_hz=rate_hz, max_duration_s=max_duration_s)


class Decoders:
    """Decoder processes for one recording, each used again for its parts; safe to use from threads.

    Parameters
    ----------
    duration_s : how long the recording may be, which bounds the CPU time of each process, seconds
    start : starts a process, or takes one that waits
    """

    def __init__(self, duration_s: float, start: Callable[[], Child] | None = None):
        self._cpu_s = math.ceil(CPU_S + duration_s * CPU_PER_S)
        self._start = start or _spare.take
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self._idle:
            child.end()

    def prepare(self) -> None:
        """Start a process for the task to come."""
        with self._lock:
            self._idle.append(self._start())

    def decode(self, source: Source, *, rate_hz: int, max_duration_s: float) -> np.ndarray:
        """Decode all of the recording, as `ml.audio.decode.decode` does."""
        most = math.ceil(max_duration_s * rate_hz)
        parts = self._run("whole", source, most, rate_hz=rate_hz, max_duration_s=max_duration_s)
        try:
            return join((samples for _, samples in parts), rate_hz)
        except AudioTooLong:
            raise too_long(max_duration_s) from None

    def decode_windows(
        self, source: Source, *, starts_s: list[float], window_s: float, rate_hz: int
    ) -> list[Part]:
        """Decode short windows of the recording, as `ml.audio.decode.decode_windows` does."""
        most = math.ceil(len(starts_s) * window_s * rate_hz)
        return list(
            self._run(
                "windows", source, most, starts_s=starts_s, window_s=window_s, rate_hz=rate_hz
            )
        )

    def stream_windows(
        self, source: Source, *, window_s: float, rate_hz: int, max_duration_s: float
    ) -> Iterator[Part]:
        """Decode the recording window after window, as `ml.audio.decode.stream_windows` does."""
        most = math.ceil((max_duration_s + window_s) * rate_hz)
        return self._run(
            "stream",
            source,
            most,
            window_s=window_s,
            rate_hz=rate_hz,
            max_duration_s=max_duration_s,
        )

    def digest(self, source: Source) -> str:
        """Compute a digest of the sound as it is encoded, as `ml.audio.decode.digest` does."""
        (found,) = self._ask("digest", lambda pipe: _digest(pipe, source))
        return found

    def _run(self, task: str, source: Source, most: int, **arguments: object) -> Iterator[Part]:
        """Yield what a child decodes, `most` samples in all."""
        return self._ask(task, lambda pipe: _parts(pipe, source, most), **arguments)

    def _ask(
        self, task: str, answers: Callable[[Pipe], Iterator[Answer]], **arguments: object
    ) -> Iterator[Answer]:
        """Yield what a child answers to a task; a child that fails is ended."""
        with self._lock:
            child = self._idle.pop() if self._idle else self._start()
        deadline = time.monotonic() + START_S + PATIENCE * self._cpu_s
        pipe = Pipe(child, deadline, longest_line=LONGEST_LINE, largest=LARGEST_PART)
        is_in_order = False
        try:
            order = {"task": task, "arguments": arguments, "cpu_s": self._cpu_s}
            pipe.write(json.dumps(order).encode() + b"\n")
            try:
                yield from answers(pipe)
            except AudioError:
                is_in_order = True  # it has said so by itself, and waits for another task
                raise
            is_in_order = True
        except ChildDied:
            raise _verdict(child.wait(DYING_S)) from None
        except ChildNonsense as error:
            log.warning("a decoder said what no decoder says: %s", error)
            raise NotAudio("not audio that can be decoded") from error
        except ChildError as error:
            raise DecoderDied(f"decoding did not end in time: {error}") from error
        finally:
            pipe.close()
            if is_in_order:
                with self._lock:
                    self._idle.append(child)
            else:
                child.end()


def warm() -> None:
    """Start a spare child that has its imports done, so that the next task begins at once."""
    _spare.warm()


def spare_pid() -> int | None:
    """Of the child that waits, whether it still lives or not."""
    return _spare.pid()


def end_spare() -> None:
    """End the child that waits, if one does."""
    _spare.end()


def start(*, leads_group: bool = True) -> Child:
    """Start a decoder, in a process group of its own or in this one's, with which it is ended."""
    return Child(COMMAND, environment(), leads_group=leads_group)


_spare = Spare(start)


def _verdict(code: int) -> Exception:
    """Return what the end of a child says of the file that it was decoding."""
    if code in {-signal.SIGXCPU, OUT_OF_MEMORY}:
        return TooComplex("needs more memory or time to decode than a song may")
    if code in CRASHES:
        error: Exception = NotAudio("not audio that can be decoded")
        error.__cause__ = ReportedError(f"the decoder ended by {signal.Signals(-code).name}")
        return error
    return DecoderDied(f"the process that decodes was ended from outside (code {code})")


def _parts(pipe: Pipe, source: Source, most: int) -> Iterator[Part]:
    """Yield what the child decodes, until it is done."""
    left = most
    for event in _told(pipe, source, "samples"):
        start_s, samples = _samples(pipe, event)
        left -= samples.size
        if left < 0:
            raise ChildNonsense("more samples than were asked for")
        started = time.monotonic()
        yield start_s, samples
        pipe.deadline += time.monotonic() - started  # the reader's time is its own


def _digest(pipe: Pipe, source: Source) -> Iterator[str]:
    """Yield the one digest that the child tells."""
    found = [event.get("sha256") for event in _told(pipe, source, "digest")]
    if len(found) != 1 or not isinstance(found[0], str) or not SHA256.fullmatch(found[0]):
        raise ChildNonsense("no digest")
    yield found[0]


def _told(pipe: Pipe, source: Source, wanted: str) -> Iterator[dict[str, Any]]:
    """Answer the child's questions, and yield the events that are wanted until it is done."""
    while True:
        event = _event(pipe)
        match event["event"]:
            case "read":
                _answer_read(pipe, source, event)
            case "size":
                started = time.monotonic()
                size = source.seek(0, io.SEEK_END)
                pipe.deadline += time.monotonic() - started
                pipe.write(_number(size))
            case "refused":
                raise _refusal(event)
            case "done":
                return
            case name if name == wanted:
                yield event
            case name:
                raise ChildNonsense(f"no such event: {str(name)[:40]!r}")


def _event(pipe: Pipe) -> dict[str, Any]:
    try:
        event = json.loads(pipe.line())
    except (ValueError, RecursionError) as error:
        raise ChildNonsense("no line of JSON") from error
    if not isinstance(event, dict) or "event" not in event:
        raise ChildNonsense("no event")
    return event


def _answer_read(pipe: Pipe, source: Source, event: dict[str, Any]) -> None:
    at, n = event.get("at"), event.get("n")
    if type(at) is not int or type(n) is not int or not 0 <= at < 2**62:
        raise ChildNonsense("a read at no place")
    started = time.monotonic()
    source.seek(at)
    data = source.read(min(max(0, n), LARGEST_READ)) or b""
    # The time that the file takes, which may have to be fetched, is not the child's.
    pipe.deadline += time.monotonic() - started
    pipe.write(_number(len(data)) + data)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little", signed=True)


def _samples(pipe: Pipe, event: dict[str, Any]) -> Part:
    start_s, n = event.get("start_s"), event.get("n")
    if type(n) is not int or not isinstance(start_s, (int, float)) or not 0 <= start_s < 1e9:
        raise ChildNonsense("samples of no place")
    samples = np.frombuffer(pipe.exactly(4 * n), np.float32).copy()
    if not np.isfinite(samples).all():
        raise NotFinite("decodes to samples that are infinite or not a number")
    return float(start_s), samples


def _kinds(error: type[AudioError]) -> dict[str, type[AudioError]]:
    """Return the errors below one by the name of their kind."""
    found = {error.kind: error} if "kind" in vars(error) else {}
    for below in error.__subclasses__():
        found |= _kinds(below)
    return found


def _refusal(event: dict[str, Any]) -> AudioError:
    kind = event.get("kind")
    refusal = _kinds(AudioError).get(kind, NotAudio) if isinstance(kind, str) else NotAudio
    error = refusal(str(event.get("message", "")))
    error.__cause__ = ReportedError(str(event.get("cause", "")))
    return error
