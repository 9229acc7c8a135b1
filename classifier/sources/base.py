"""Types that all sources share: Track, Playlist, Audio, SourceError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from classifier.failure_reasons import REASONS


class SourceError(Exception):
    """A recording cannot be fetched; `str(error)` is a sentence for the visitor.

    kind : names a record of `classifier.failure_reasons`, where its words are
    detail : what really happened, for the admin alone
    parameters : what the sentence states, such as the end of a pause
    """

    def __init__(self, kind: str, *, detail: str = "", **parameters: object):
        self.reason = REASONS[kind]
        super().__init__(self.reason.sentence_with(**parameters))
        self.kind = kind
        self.detail = detail
        self.parameters = parameters

    @property
    def words(self) -> str:
        """Return the sentence and the next step, for a page that shows both in one line."""
        return f"{self} {self.reason.next_step}".strip()


@dataclass(frozen=True)
class Track:
    """A recording to choose; `genre` is the style its makers name, where they name one."""

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


@dataclass(frozen=True)
class Playlist:
    """The beginning of a list of recordings, to choose from.

    tracks : those that can be had, each once
    unavailable : how many cannot
    has_more : whether the list goes on
    """

    playlist_id: str
    title: str
    artist: str
    tracks: tuple[Track, ...]
    unavailable: int = 0
    has_more: bool = False


@dataclass
class Audio:
    """The audio that was fetched.

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
        """Yield the windows as they come, and note them in `spans`."""
        for start_s, samples in self.windows:
            end_s = start_s + samples.size / self.rate_hz
            self.spans.append([round(start_s, 2), round(end_s, 2)])
            yield start_s, samples
