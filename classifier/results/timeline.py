"""Geometry of the timeline of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from classifier.formatting import clock
from classifier.models import Spectrogram

if TYPE_CHECKING:
    from .explanations import SegmentContribution

# Columns fainter than this are not drawn; the others in steps, of which there are this many.
LEAST, STEPS = 0.02, 20
# Windows closer than this touch: their times are rounded.
SKIPPED_S = 0.1
MOST_COLUMNS = 80  # of the stack
TICKS = 6  # times below the timeline of a long song, besides its end's


@dataclass(frozen=True)
class Slice:
    """The part of the spectrogram above some columns of the timeline, ten units each.

    x, width : in these units
    first, shown : in columns of the spectrogram
    after_gap : something was skipped over before it
    """

    x: int
    width: int
    first: int
    shown: float
    after_gap: bool


def slices(spectrogram: Spectrogram, segments: list[dict]) -> list[Slice]:
    """Cut the spectrogram to what the segments cover, so that both share one axis.

    The end of a window may be too short for a segment: it was drawn, but not classified.
    """
    found, x, first, reached_s = [], 0, 0, 0.0
    for (start_s, end_s), columns in zip(
        spectrogram.classification.windows, spectrogram.columns, strict=False
    ):
        inside = [s for s in segments if start_s - SKIPPED_S <= s["start_s"] < end_s - SKIPPED_S]
        if inside and columns:
            heard = (inside[-1]["end_s"] - start_s) / max(end_s - start_s, 1e-6)
            width = 10 * len(inside)
            gap = x > 0 and start_s - reached_s > SKIPPED_S
            found.append(Slice(x, width, first, round(columns * min(1.0, heard), 1), gap))
            x += width
        reached_s = end_s
        first += columns
    return found


def columns_of(chosen: Iterable[SegmentContribution] | None, segments: list[dict]) -> list[int]:
    """Return where segments (anything with start_s) begin in the timeline, ten units a column."""
    starts = [segment["start_s"] for segment in segments]
    return [10 * starts.index(c.start_s) for c in chosen or () if c.start_s in starts]


def stack_paths(segments: list[dict], labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return all genres stacked, as (genre, path) pairs in the order of painting.

    The strongest of the song stands at the bottom. A path fills all below its genre's upper edge,
    and the next covers what is not its own. Ten units a segment, 100 is all the height. Of a long
    song, neighbours share a column of their mean: on a phone more could not be told apart.
    """
    together = max(1, -(-len(segments) // MOST_COLUMNS))
    groups = [segments[i : i + together] for i in range(0, len(segments), together)]
    rows = [
        [fmean(values) for values in zip(*(s["probabilities"] for s in group), strict=True)]
        for group in groups
    ]
    widths = [10 * len(group) for group in groups]
    means = [sum(row[i] for row in rows) for i in range(len(labels))]
    order = sorted(range(len(labels)), key=lambda i: -means[i])
    edges, paths = [0.0] * len(rows), []
    for i in order:
        if not any(row[i] >= LEAST for row in rows):
            continue
        edges = [edge + row[i] for edge, row in zip(edges, rows, strict=True)]
        tops = [round(100 - 100 * edge) for edge in edges]
        steps = "".join(f"V{top}h{width}" for top, width in zip(tops, widths, strict=True))
        paths.append((labels[i], f"M0 100{steps}V100"))
    return paths[::-1]


def ticks(segments: list[dict]) -> list[tuple[str, float]]:
    """Return some times of a long song, as (per cent of the timeline, seconds) pairs."""
    count = len(segments)
    step = -(-count // TICKS)
    # The last would overlap the time that is written at the end.
    shown = [i for i in range(0, count, step) if count - i >= 0.8 * step]
    return [(f"{100 * i / count:.1f}", segments[i]["start_s"]) for i in shown]


def excerpts(windows: list) -> int:
    """Count the separate stretches that were classified; windows that touch are one."""
    gaps = sum(later[0] - earlier[1] > SKIPPED_S for earlier, later in pairwise(windows))
    return gaps + 1 if windows else 0


def spectrogram_label(moments: Iterable[SegmentContribution] | None) -> str:
    """What the spectrogram shows, for those who cannot see it; `moments` are marked in it."""
    marked = ", ".join(f"{clock(m.start_s)} to {clock(m.end_s)}" for m in moments or ())
    return (
        "Spectrogram: time runs to the right, low notes are at the bottom, and the darker, the "
        f"louder.{f' Marked are {marked}.' if marked else ''}"
    )


def strongest(probabilities: list[float], n: int = 2) -> str:
    """The columns of the n largest, the largest first, for an attribute: "4 0"."""
    order = sorted(range(len(probabilities)), key=lambda i: -probabilities[i])
    return " ".join(str(i) for i in order[:n])


def strip_paths(segments: list[dict], index: int) -> list[tuple[str, str]]:
    """Return one genre's strip as (opacity, path) pairs, with a stroke for each segment.

    A whole song has three hundred segments; an element for each would weigh more than the page.
    """
    paths: dict[int, list[str]] = {}
    for position, segment in enumerate(segments):
        probability = segment["probabilities"][index]
        if probability >= LEAST:
            step = max(1, round(probability * STEPS))
            paths.setdefault(step, []).append(f"M{position * 10 + 5} 0v1")
    return [(f"{step / STEPS:g}", "".join(paths[step])) for step in sorted(paths)]
