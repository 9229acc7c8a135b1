"""Answers and histories as JSON and CSV, made row by row.

A CSV is opened in spreadsheets, which run a cell that begins like a formula. Titles are written by
strangers, so defusedcsv gives such a cell a leading quote; numbers are ours and stay numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from defusedcsv import csv
from django.db.models import QuerySet

from classifier.models import BatchEntry, Classification, HistoryEntry

if TYPE_CHECKING:
    from classifier.models.visitors import EntryWithSaid
    from ml.registry.sections.certainty import SoundsLike

# `none_of_the_ten` is a name that programs rely on, however many genres a model has.
CHUNK = 500  # rows read from the database at a time
# What defusedcsv leaves as it is, and some spreadsheets take off or read as the plain sign.
ALSO_FORMULA = (
    "\t", "\r", "\n",
    "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}",
)  # fmt: skip
# Where a spreadsheet's list separator is another than the comma, a title holds several cells, and
# each of them may begin like a formula.
AFTER_SEPARATOR = re.compile(
    r"([;\t|]\s*[\"']*\s*)([=+@\-\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}])"
)
HISTORY_COLUMNS = (
    "asked_at", "title", "artist", "source", "state", "genre", "confidence", "none_of_the_ten",
    "model", "extent", "you_say", "url",
)  # fmt: skip
BATCH_COLUMNS = (
    "position", "title", "artist", "duration_s", "state", "genre", "confidence",
    "none_of_the_ten", "error", "video", "url",
)  # fmt: skip
NOT_ASKED = "not_asked"  # a state of a song of a batch, besides those of a classification
ANSWER_COLUMNS = ("what", "name", "start_s", "end_s", "value")


class Echo:
    """A file for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Iterable[str], rows: Iterable[Iterable]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_quoted(cell) for cell in row])


def json_lines(items: Iterable[dict]) -> Iterator[str]:
    """Yield a JSON array, one item a line, without holding all of it."""
    separator = "[\n"
    for item in items:
        yield separator + json.dumps(item, ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def history_items(
    entries: QuerySet[EntryWithSaid], absolute: Callable[[str], str]
) -> Iterator[dict]:
    """Yield one dict an entry of `history.entries_of`, keys as HISTORY_COLUMNS.

    `absolute` makes a whole URL of a path.
    """
    for entry in entries.iterator(chunk_size=CHUNK):
        yield _history_item(entry, absolute)


def batch_items(entries: Iterable[BatchEntry], absolute: Callable[[str], str]) -> Iterator[dict]:
    """Yield one dict a song of a batch, keys as BATCH_COLUMNS."""
    for entry in entries:
        c = entry.classification
        done = c is not None and c.is_done
        yield {
            "position": entry.position,
            "title": entry.display_title,
            "artist": entry.artist,
            "duration_s": entry.duration_s,
            "state": c.state if c else NOT_ASKED,
            "genre": c.genre if c and done else "",
            "confidence": c.confidence if c and done else None,
            "none_of_the_ten": c.is_outside if c and done else None,
            "error": c.error if c and c.is_failed else "",
            "video": entry.video_id,
            "url": absolute(c.get_absolute_url()) if c else "",
        }


def answer(
    classification: Classification,
    url: str,
    entry: HistoryEntry | None,
    labels: Sequence[str],
    words: SoundsLike | None,
) -> dict:
    """Return all that is stored of one answer, for JSON.

    Parameters
    ----------
    entry : the reader's own; without it an upload has neither a name nor its file's SHA-256
    labels : the genres in the order in which segments hold their probabilities
    words : what it sounds like, where it is none of the genres
    """
    c = classification
    item = {
        "id": c.public_id,
        "url": url,
        "state": c.state,
        "title": entry.display_title if entry else c.display_title,
        "artist": c.artist,
        "source": c.source,
        "source_id": c.source_id if entry or c.source != Classification.Source.UPLOAD else None,
        "duration_s": c.duration_s,
        "extent": c.extent,
        "model": c.model_id,
    }
    if not c.is_done:
        return item
    return item | {
        "genre": c.genre,
        "confidence": c.confidence,
        "none_of_the_ten": c.is_outside,
        "is_music": c.is_music,
        "sounds_like": words.words if words else None,
        "outside_score": c.outside_score,
        "probabilities": dict(c.ranked),
        "segments": [
            {
                "start_s": segment["start_s"],
                "end_s": segment["end_s"],
                "probabilities": dict(zip(labels, segment["probabilities"], strict=False)),
            }
            for segment in c.segments
        ],
        "tags": dict(sorted(c.tags.items(), key=lambda tag: (-tag[1], tag[0]))),
        "windows": c.windows,
        "weights_sha256": c.bundle_sha256,
        "versions": c.sorted_versions,
        "seconds": c.seconds,
        "finished_at": c.finished_at.isoformat() if c.finished_at else None,
    }


def answer_rows(item: dict) -> Iterator[tuple]:
    """Yield a finished `answer` as rows of ANSWER_COLUMNS, one value a row."""
    tables = ("probabilities", "segments", "tags", "windows", "versions")
    for name, value in item.items():
        if name not in tables:
            yield "fact", name, "", "", value
    for genre, probability in item["probabilities"].items():
        yield "probability", genre, "", "", probability
    for segment in item["segments"]:
        for genre, probability in segment["probabilities"].items():
            yield "segment", genre, segment["start_s"], segment["end_s"], probability
    for tag, activation in item["tags"].items():
        yield "tag", tag, "", "", activation
    for start_s, end_s in item["windows"]:
        yield "window", "", start_s, end_s, ""
    for package, version in item["versions"].items():
        yield "version", package, "", "", version


def _history_item(entry: EntryWithSaid, absolute: Callable[[str], str]) -> dict:
    c = entry.classification
    return {
        "asked_at": entry.created_at.isoformat(),
        "title": entry.display_title,
        "artist": c.artist,
        "source": c.source,
        "state": c.state,
        "genre": c.genre if c.is_done else "",
        "confidence": c.confidence if c.is_done else None,
        "none_of_the_ten": c.is_outside if c.is_done else None,
        "model": c.model_id,
        "extent": c.extent,
        "you_say": entry.said or "",
        "url": absolute(c.get_absolute_url()),
    }


def _quoted(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    cell = AFTER_SEPARATOR.sub(r"\1'\2", cell)
    return f"'{cell}" if cell.startswith(ALSO_FORMULA) else cell
