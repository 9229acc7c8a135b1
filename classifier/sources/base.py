"""What every source speaks in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np


class SourceError(Exception):
    """A recording cannot be had. `str(error)` is a sentence for the visitor.

    next_step : what the visitor can do now, a sentence
    kind : a short name to count failures by
    detail : what really happened, for the admin alone
    retryable : whether the same request may go better later
    """

    retryable = False

    def __init__(self, sentence: str, *, next_step: str = "", kind: str = "", detail: str = ""):
        super().__init__(sentence)
        self.next_step = next_step
        self.kind = kind
        self.detail = detail


class TemporaryError(SourceError):
    """May pass by itself."""

    retryable = True


class SlowDownError(TemporaryError):
    """The source objects to this server; the whole site leaves it alone until `until`."""

    def __init__(self, sentence: str, *, until: datetime, **more: str):
        super().__init__(sentence, **more)
        self.until = until


@dataclass(frozen=True)
class Track:
    """A recording one may choose. `genre` is the style its makers name, where they name one."""

    source: str
    source_id: str
    title: str
    artist: str = ""
    duration_s: float | None = None
    genre: str = ""
    thumbnail_url: str = ""
    views: int | None = None
    note: str = ""
    credit: str = ""
    choosable: bool = True
    start_s: int = 0


@dataclass
class Audio:
    """What was fetched.

    windows : (start in the recording in seconds, samples) pairs in order of time; samples are
        np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`. They may still be on their way:
        go through them once, with `heard`.
    duration_s : of the whole recording
    spans : [[start_s, end_s], ...] of the windows gone through so far
    """

    windows: Iterable[tuple[float, np.ndarray]]
    rate_hz: int
    duration_s: float
    title: str = ""
    artist: str = ""
    versions: dict = field(default_factory=dict)
    spans: list[list[float]] = field(default_factory=list)

    def heard(self) -> Iterator[tuple[float, np.ndarray]]:
        """The windows as they come, noted down in `spans`."""
        for start_s, samples in self.windows:
            end_s = start_s + samples.size / self.rate_hz
            self.spans.append([round(start_s, 2), round(end_s, 2)])
            yield start_s, samples
