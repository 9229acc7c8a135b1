"""Tiles: the tracks that a visitor may choose from."""

from __future__ import annotations

from classifier import serving
from classifier.sources.base import Track

from . import signed_tracks


def tiles(tracks: list[Track]) -> list[dict]:
    """Return for tiles/_tile.html each track, signed, with its answer if there is one."""
    known = serving.answers_to([(track.source, track.source_id) for track in tracks])
    return [
        {
            "track": track,
            "choice": signed_tracks.sign(track),
            "known": known.get((track.source, track.source_id)),
        }
        for track in tracks
    ]
