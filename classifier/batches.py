"""Ask for several songs at once, within what their visitor may ask for; nothing of them is lost.

What a limit refuses stays in the batch as not yet asked for, and `ask` tries it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from classifier import jobs, serving
from classifier.models import Batch, BatchEntry, Classification
from classifier.sources.base import Track
from classifier.visitors.identity import Visitor

# What a page and a download show of an answer. Without the rest, a poll does not read every segment
# of fifty songs.
SHOWN = (
    "position", "video_id", "title", "artist", "duration_s", "batch",
    *(f"classification__{name}" for name in (
        "public_id", "source", "source_id", "model_id", "extent", "title", "artist", "state",
        "genre", "confidence", "is_outside", "is_music", "error", "next_step", "retryable",
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """The songs of a batch, and how many of them are where."""

    entries: list[BatchEntry]
    done: int
    failed: int
    waiting: int
    unasked: int

    @property
    def total(self) -> int:
        return len(self.entries)

    @property
    def over(self) -> int:
        return self.done + self.failed

    @property
    def text(self) -> str:
        """Return it in words: "3 of 12 answered, 1 failed, 8 waiting"."""
        parts = [f"{self.done} of {self.total} answered"]
        for count, words in (
            (self.failed, "failed"),
            (self.waiting, "waiting"),
            (self.unasked, "not yet asked for"),
        ):
            if count:
                parts.append(f"{count} {words}")
        return ", ".join(parts)


def start(visitor: Visitor, tracks: Iterable[Track], *, title: str, playlist_id: str) -> Batch:
    """Store a batch of videos, each once, and ask for them."""
    each_once = list({track.source_id: track for track in tracks}.values())
    # All are stored before the first is asked for, so that none is lost whatever happens.
    with transaction.atomic():
        batch = Batch.objects.create(
            visitor=visitor.history_name(), title=title[:300], playlist_id=playlist_id
        )
        BatchEntry.objects.bulk_create(
            BatchEntry(
                batch=batch,
                position=position,
                video_id=track.source_id,
                title=track.title[:300],
                artist=track.artist[:200],
                duration_s=track.duration_s,
            )
            for position, track in enumerate(each_once, 1)
        )
    ask(batch, visitor)
    return batch


def ask(batch: Batch, visitor: Visitor) -> int:
    """Ask for what was not asked for yet, as far as the limits allow; returns how many were."""
    requester, model_id, asked = _UntilRefused(visitor), serving.card().model_id, 0
    for entry in batch.entries.filter(classification=None):
        track = Track(
            Classification.Source.YOUTUBE,
            entry.video_id,
            entry.title,
            entry.artist,
            entry.duration_s,
        )
        try:
            submission = jobs.submit(track, model_id, requester=requester)
        except jobs.JobRefused:
            continue  # a later one may be answered already, which is never refused
        if submission.is_new:
            visitor.has_started(submission.classification)
        # Not `save`: the batch may have been forgotten meanwhile.
        BatchEntry.objects.filter(pk=entry.pk).update(classification=submission.classification)
        asked += 1
    batch.held_back = requester.held_back
    Batch.objects.filter(pk=batch.pk).update(held_back=batch.held_back)
    return asked


def progress(batch: Batch) -> Progress:
    """Return where a batch stands, by one query."""
    entries = list(batch.entries.select_related("classification").only(*SHOWN))
    rows = [entry.classification for entry in entries if entry.classification]
    return Progress(
        entries,
        done=sum(row.is_done for row in rows),
        failed=sum(row.is_failed for row in rows),
        waiting=sum(not row.is_finished for row in rows),
        unasked=len(entries) - len(rows),
    )


class _UntilRefused:
    """The visitor, who is not asked again after a refusal: each try counts in the limits."""

    def __init__(self, visitor: Visitor):
        self._visitor = visitor
        self.held_back = ""

    def may_start_job(self) -> bool:
        if self.held_back:
            return False
        if self._visitor.may_start_job():
            return True
        at_once = self._visitor.has_too_many_open
        self.held_back = Batch.HeldBack.AT_ONCE if at_once else Batch.HeldBack.AN_HOUR
        return False

    def history_name(self) -> str:
        return self._visitor.history_name()

    def share_name(self) -> str:
        return self._visitor.share_name()
