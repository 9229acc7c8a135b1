"""Tiles: the tracks that a visitor may choose from."""

from __future__ import annotations

from classifier import serving
from classifier.models import Classification
from classifier.sources.base import Track

from . import signed_tracks


def tiles(tracks: list[Track]) -> list[dict]:
    """Return for tiles/_tile.html each track, signed, with its answer if there is one."""
    known = _answers(tracks)
    return [
        {
            "track": track,
            "choice": signed_tracks.sign(track),
            "known": known.get((track.source, track.source_id)),
        }
        for track in tracks
    ]


def _answers(tracks: list[Track]) -> dict[tuple[str, str], Classification]:
    """Return what the model that serves has answered, by source and id.

    The columns of the unique constraint, and neither the state nor an order: these would have the
    database go through every answer there is.
    """
    rows = (
        Classification.objects.without_details()
        .filter(
            source__in={track.source for track in tracks},
            source_id__in=[track.source_id for track in tracks],
            model_id=serving.card().model_id,
        )
        .order_by()
    )
    # Of excerpts and of the whole song, what was asked for first.
    newest_first = sorted(rows, key=lambda row: row.created_at, reverse=True)
    return {(row.source, row.source_id): row for row in newest_first if row.is_done}
