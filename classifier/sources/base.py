"""What every source speaks in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


class SourceError(Exception):
    """A recording cannot be had. `str(error)` is a sentence for the visitor.

    retryable : whether the same request may go better later
    detail : what really happened, for the admin alone
    """

    def __init__(self, sentence: str, *, retryable: bool = False, detail: str = ""):
        super().__init__(sentence)
        self.retryable = retryable
        self.detail = detail


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
    note: str = ""
    credit: str = ""
    choosable: bool = True


@dataclass(frozen=True)
class Audio:
    """What was fetched.

    windows : (start in the recording in seconds, samples) pairs in order of time; samples are
        np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
    duration_s : of the whole recording
    """

    windows: list[tuple[float, np.ndarray]]
    rate_hz: int
    duration_s: float
    title: str = ""
    artist: str = ""
    versions: dict = field(default_factory=dict)

    @property
    def spans(self) -> list[list[float]]:
        """Where the windows lie, [[start_s, end_s], ...]."""
        return [
            [round(start, 2), round(start + samples.size / self.rate_hz, 2)]
            for start, samples in self.windows
        ]
