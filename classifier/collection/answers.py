"""What the model that serves says of tracks of the collection, and of albums as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When

from classifier import serving
from classifier.models import Classification, CollectionTrack
from classifier.sources.collection import SOURCE

COLUMNS = (
    "public_id", "source_id", "state", "genre", "confidence", "is_outside", "is_music",
    "probabilities", "error", "model_id", "source", "extent", "title", "artist",
)  # fmt: skip


def answers_of(tracks: Iterable[CollectionTrack]) -> dict[str, Classification]:
    """Return the answers to tracks, by their sound; those under way or failed are among them."""
    rows = Classification.objects.filter(
        source=SOURCE,
        source_id__in={track.audio for track in tracks if track.audio},
        model_id=serving.card().model_id,
        extent=Classification.Extent.USUAL,
    ).only(*COLUMNS)
    return {row.source_id: row for row in rows.order_by()}


def with_genre(tracks: QuerySet[CollectionTrack]) -> QuerySet[Any]:
    """Annotate tracks with `heard`: the genre, "none" where it is refused, None if unanswered."""
    said = Classification.objects.filter(
        source=SOURCE,
        source_id=OuterRef("audio"),
        model_id=serving.card().model_id,
        extent=Classification.Extent.USUAL,
        state=Classification.State.DONE,
    ).order_by()
    headline = Case(
        When(is_outside=True, then=Value("none")), default=F("genre"), output_field=CharField()
    )
    return tracks.annotate(heard=Subquery(said.annotate(h=headline).values("h")[:1]))


@dataclass(frozen=True)
class AlbumAnswer:
    """One answer about an album, made of those to its tracks.

    Attributes
    ----------
    ranked : (genre, mean probability over the tracks that were not refused), the highest first
    n, n_refused, n_missing : tracks in all, refused, and without an answer
    """

    ranked: list[tuple[str, float]]
    n: int
    n_refused: int
    n_missing: int

    @property
    def genre(self) -> str:
        return self.ranked[0][0] if self.ranked else ""

    @property
    def confidence(self) -> float:
        return self.ranked[0][1] if self.ranked else 0.0


def album_answer(
    tracks: Sequence[CollectionTrack], answers: dict[str, Classification]
) -> AlbumAnswer:
    """Put the answers to an album's tracks together: the mean of their probabilities.

    Where most of its tracks are refused, so is the album, and `ranked` is empty.
    """
    found = [answers[track.audio] for track in tracks if track.audio in answers]
    done = [answer for answer in found if answer.is_done]
    heard = [answer.probabilities for answer in done if not answer.is_outside]
    n_refused = len(done) - len(heard)
    ranked: list[tuple[str, float]] = []
    if len(heard) > n_refused:
        labels = list(heard[0])
        mean = np.mean([[row[label] for label in labels] for row in heard], axis=0)
        pairs = zip(labels, map(float, mean), strict=True)
        ranked = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return AlbumAnswer(ranked, len(tracks), n_refused, len(tracks) - len(done))
